using System.Numerics;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>Chooses the places at which a registration is looked at closely.</summary>
internal static class FieldPlaces
{
    /// <summary>
    /// Voxels with much mask around them, as far from each other as possible relative to the volume's extent: the middle and the rims, where
    /// a rotation, a scale or a deformation that is wrong shows most.
    /// </summary>
    /// <param name="mask">The EM's mask.</param>
    /// <param name="moving">The fluorescence's grid: only places that it reaches are taken, unless it reaches none.</param>
    /// <param name="movingToFixed">Physical moving to fixed coordinates, nm.</param>
    /// <param name="edgeNm">How long the edges of a field are; positive.</param>
    /// <param name="count">The most places.</param>
    /// <param name="job">Cancellation.</param>
    /// <returns>The places, from the upper left to the lower right; none if the mask is empty.</returns>
    public static IReadOnlyList<(int Z, int Y, int X)> Choose(BitVolume mask, Grid moving, SpatialTransform movingToFixed, double edgeNm, int count, Job job)
    {
        Grid grid = mask.Grid;
        var tiles = new Tiles(grid, edgeNm / 2);
        long[] counts = tiles.Count(mask, job);
        // The fullest first; those with little mask hold crumbs.
        int[] full = [.. Enumerable.Range(0, counts.Length).Where(i => counts[i] > 0).OrderByDescending(i => counts[i]).ThenBy(i => i)];
        double least = full.Length == 0 ? 0 : 0.5 * full.Average(i => counts[i]);
        full = [.. full.TakeWhile(i => counts[i] >= least)];
        SpatialTransform inverse = movingToFixed.Inverse();
        int[] seen = [.. full.Where(i => Inside(moving, inverse.Apply(tiles.Centre(i))))];
        int[] candidates = seen.Length > 0 ? seen : full;
        var chosen = new List<int>();
        var nearest = new double[candidates.Length];
        Array.Fill(nearest, double.PositiveInfinity);
        while (chosen.Count < Math.Min(count, candidates.Length))
        {
            int best = 0;
            for (int i = 1; i < candidates.Length; i++) if (nearest[i] > nearest[best]) best = i;
            chosen.Add(candidates[best]);
            for (int i = 0; i < candidates.Length; i++) nearest[i] = Math.Min(nearest[i], tiles.SquaredDistance(candidates[i], candidates[best]));
        }
        return
        [
            .. chosen.Select(i => OverlayRenderer.DensestPoint(mask, tiles.First(i), tiles.SizeOf(i), job))
                .OrderBy(p => p.Y + (double)p.X * grid.Size.Y / grid.Size.X).ThenBy(p => p.Z),
        ];
    }

    private static bool Inside(Grid grid, Point3 position)
    {
        Point3 i = grid.ToIndex(position);
        return i.Z >= 0 && i.Y >= 0 && i.X >= 0 && i.Z <= grid.Size.Z - 1 && i.Y <= grid.Size.Y - 1 && i.X <= grid.Size.X - 1;
    }

    /// <summary>A volume cut into equal boxes of about an edge.</summary>
    private sealed class Tiles
    {
        private readonly Grid _grid;
        private readonly Size3 _n;

        public Tiles(Grid grid, double edgeNm)
        {
            _grid = grid;
            static int Pieces(int voxels, double spacing, double edge) => Math.Clamp((int)Math.Round(voxels * spacing / edge), 1, voxels);
            _n = new Size3(Pieces(grid.Size.Z, grid.Spacing.Z, edgeNm), Pieces(grid.Size.Y, grid.Spacing.Y, edgeNm), Pieces(grid.Size.X, grid.Spacing.X, edgeNm));
        }

        /// <summary>The voxels of the mask in each tile.</summary>
        public long[] Count(BitVolume mask, Job job)
        {
            var counts = new long[_n.Count];
            for (int z = 0; z < _grid.Size.Z; z++)
            {
                job.ThrowIfCancelled();
                int tz = TileOf(z, _n.Z, _grid.Size.Z);
                for (int y = 0; y < _grid.Size.Y; y++)
                {
                    long row = ((long)tz * _n.Y + TileOf(y, _n.Y, _grid.Size.Y)) * _n.X;
                    ReadOnlySpan<ulong> words = mask.Row(z, y);
                    for (int x = 0; x < _n.X; x++) counts[row + x] += CountBits(words, Start(x, _n.X, _grid.Size.X), Start(x + 1, _n.X, _grid.Size.X));
                }
            }
            return counts;
        }

        public (int Z, int Y, int X) First(int tile)
        {
            (int z, int y, int x) = At(tile);
            return (Start(z, _n.Z, _grid.Size.Z), Start(y, _n.Y, _grid.Size.Y), Start(x, _n.X, _grid.Size.X));
        }

        public Size3 SizeOf(int tile)
        {
            (int z, int y, int x) = At(tile);
            (int fz, int fy, int fx) = First(tile);
            return new Size3(Start(z + 1, _n.Z, _grid.Size.Z) - fz, Start(y + 1, _n.Y, _grid.Size.Y) - fy, Start(x + 1, _n.X, _grid.Size.X) - fx);
        }

        public Point3 Centre(int tile)
        {
            (int z, int y, int x) = First(tile);
            Size3 size = SizeOf(tile);
            return _grid.ToPhysical(z + (size.Z - 1) / 2.0, y + (size.Y - 1) / 2.0, x + (size.X - 1) / 2.0);
        }

        /// <summary>In units of the volume's extents.</summary>
        public double SquaredDistance(int a, int b)
        {
            (int az, int ay, int ax) = At(a);
            (int bz, int by, int bx) = At(b);
            double z = (double)(az - bz) / _n.Z, y = (double)(ay - by) / _n.Y, x = (double)(ax - bx) / _n.X;
            return z * z + y * y + x * x;
        }

        private (int Z, int Y, int X) At(int tile) => (tile / (_n.X * _n.Y), tile / _n.X % _n.Y, tile % _n.X);

        private static int Start(int tile, int tiles, int voxels) => (int)((long)tile * voxels / tiles);

        /// <summary>The tile whose first voxel is the last one not above <paramref name="voxel"/>.</summary>
        private static int TileOf(int voxel, int tiles, int voxels) => (int)((((long)voxel + 1) * tiles - 1) / voxels);

        private static int CountBits(ReadOnlySpan<ulong> words, int from, int to)
        {
            int count = 0;
            for (int w = from >> 6; w <= (to - 1) >> 6; w++)
            {
                ulong word = words[w];
                if (w == from >> 6) word &= ulong.MaxValue << (from & 63);
                if (w == (to - 1) >> 6) word &= ulong.MaxValue >> (63 - ((to - 1) & 63));
                count += BitOperations.PopCount(word);
            }
            return count;
        }
    }
}
