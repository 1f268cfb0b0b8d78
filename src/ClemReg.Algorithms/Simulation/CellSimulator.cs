using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>A sphere that was simulated; positions in nm, the stack's first voxel centre being 0.</summary>
/// <param name="Cell">Its number, 1 or more, as in the boxes.</param>
/// <param name="Centre">z, y, x.</param>
/// <param name="Radius">Radius of the cell.</param>
/// <param name="NucleusRadius">Radius of the nucleus, which has the same centre.</param>
/// <param name="Brightness">Grey values above the background.</param>
public sealed record SimulatedCell(int Cell, Point3 Centre, double Radius, double NucleusRadius, double Brightness);

/// <summary>Simulated sections and what is in them. Dispose of it to give the memory back.</summary>
/// <param name="Sections">The sections, 16 bit.</param>
/// <param name="Truth">The bounding box of each cell in each section that shows it: of its fluorescent part; sections and then cells ascending.</param>
/// <param name="Cells">The cells.</param>
public sealed record CellSectionSample(Volume<ushort> Sections, IReadOnlyList<Box> Truth, IReadOnlyList<SimulatedCell> Cells) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Sections.Dispose();
}

/// <summary>
/// Makes sections with fluorescent cells whose places are known, as J. Delpiano et al. (J. Microsc. 271, 2018) made them: spheres of normally
/// distributed size and brightness, not overlapping, cut into sections, with Gaussian noise on a bell-shaped background.
/// </summary>
public static class CellSimulator
{
    /// <summary>Makes a stack of sections.</summary>
    /// <param name="options">What to make.</param>
    /// <param name="job">Threads, cancellation, progress. The pixels do not depend on the number of threads.</param>
    /// <exception cref="BadInputException">An option is out of its range.</exception>
    /// <exception cref="OutOfMemoryBudgetException">The stack does not fit into memory.</exception>
    public static CellSectionSample Simulate(CellSimulationOptions options, Job job)
    {
        options.Check();
        ulong key = RandomStream.Key(0, options.Seed);
        var grid = new Grid(new Size3(options.Sections, options.Height, options.Width), new Point3(options.SectionThickness, options.PixelSize, options.PixelSize));
        IReadOnlyList<SimulatedCell> cells = Place(options, grid, RandomStream.Key(key, 1));
        Stain[] stains = [.. cells.Select(cell => new Stain(cell, options, RandomStream.Key(RandomStream.Key(key, 2), cell.Cell)))];
        var sections = new Volume<ushort>(grid);
        try
        {
            var truth = new List<Box>[options.Sections];
            ulong noise = RandomStream.Key(key, 3);
            job.For(options.Sections, () => new float[grid.Size.SliceCount], (z, signal) =>
            {
                Array.Clear(signal);
                truth[z] = [];
                foreach (Stain stain in stains)
                    if (stain.Draw(signal, grid, z) is { } box)
                        truth[z].Add(box);
                for (int y = 0; y < options.Height; y++)
                {
                    job.ThrowIfCancelled();
                    var random = new RandomStream(RandomStream.Key(RandomStream.Key(noise, z), y));
                    Span<ushort> row = sections.Row(z, y);
                    for (int x = 0; x < row.Length; x++)
                        row[x] = VoxelConvert.FromFloat<ushort>((float)(
                            options.Offset + Bell(options, y, x) + signal[y * row.Length + x] + options.Noise * random.Gaussian()));
                }
            }, report: true);
            return new CellSectionSample(sections, [.. truth.SelectMany(boxes => boxes)], cells);
        }
        catch
        {
            sections.Dispose();
            throw;
        }
    }

    /// <summary>The background: a Gaussian over the section, its standard deviation a third of the section's shorter side.</summary>
    private static double Bell(CellSimulationOptions options, int y, int x)
    {
        double dy = y - (options.Height - 1) / 2.0, dx = x - (options.Width - 1) / 2.0, sigma = Math.Min(options.Height, options.Width) / 3.0;
        return options.Background * Math.Exp(-(dy * dy + dx * dx) / (2 * sigma * sigma));
    }

    /// <summary>Puts spheres at random, each whole in y and x and without touching another; those above and below the stack reach into it.</summary>
    private static List<SimulatedCell> Place(CellSimulationOptions options, Grid grid, ulong key)
    {
        const int Tries = 200;
        double depth = grid.Size.Z * grid.Spacing.Z;
        int count = (int)Math.Round(options.CellsPerSection * (depth + options.Diameter) / options.Diameter);
        var cells = new List<SimulatedCell>();
        var random = new RandomStream(key);
        for (int n = 1; n <= count; n++)
        {
            double radius = Math.Max(options.Diameter / 4, (options.Diameter + options.DiameterSpread * random.Gaussian()) / 2);
            double brightness = options.Brightness * Math.Max(0.1, 1 + options.BrightnessSpread * random.Gaussian());
            for (int attempt = 0; attempt < Tries; attempt++)
            {
                var centre = new Point3(
                    random.Uniform(-options.Diameter / 2, depth + options.Diameter / 2) - grid.Spacing.Z / 2,
                    Within(ref random, grid.Size.Y, radius), Within(ref random, grid.Size.X, radius));
                if (cells.Any(c => (c.Centre - centre).Length < c.Radius + radius)) continue;
                cells.Add(new SimulatedCell(cells.Count + 1, centre, radius, radius * options.NucleusShare, brightness));
                break;
            }
        }
        return cells;

        double Within(ref RandomStream random, int pixels, double radius)
        {
            double last = (pixels - 1) * options.PixelSize, margin = Math.Min(radius, last / 2);
            return random.Uniform(margin, last - margin);
        }
    }

    /// <summary>The fluorescent part of a cell.</summary>
    private sealed class Stain
    {
        private readonly SimulatedCell _cell;
        private readonly CellPattern _pattern;
        private readonly Point3[] _spots = [];
        private readonly double _spotRadius;

        public Stain(SimulatedCell cell, CellSimulationOptions options, ulong key)
        {
            _cell = cell;
            _pattern = options.Pattern;
            _spotRadius = options.SpotDiameter / 2;
            if (_pattern != CellPattern.Punctate) return;
            var random = new RandomStream(key);
            _spots = new Point3[options.Spots];
            for (int i = 0; i < _spots.Length; i++)
            {
                // Evenly in the shell of cytoplasm, spots being whole inside of the cell.
                double inner = Math.Min(cell.NucleusRadius + _spotRadius, cell.Radius - _spotRadius), outer = cell.Radius - _spotRadius;
                double r = Math.Cbrt(random.Uniform(inner * inner * inner, outer * outer * outer));
                double z = random.Uniform(-1, 1), angle = random.Uniform(0, 2 * Math.PI), around = Math.Sqrt(1 - z * z);
                _spots[i] = cell.Centre + r * new Point3(z, around * Math.Sin(angle), around * Math.Cos(angle));
            }
        }

        /// <summary>Adds the stain to a section.</summary>
        /// <returns>The box of what is seen; for spots that of the cell, which is what a microscopist wants; null where nothing is seen.</returns>
        public Box? Draw(float[] signal, Grid grid, int z)
        {
            double height = z * grid.Spacing.Z;
            if (_pattern == CellPattern.Nuclear) return Disc(signal, grid, z, _cell.Centre, _cell.NucleusRadius, height, _cell.Brightness);
            if (_pattern == CellPattern.Cytoplasmic)
            {
                Box? box = Disc(signal, grid, z, _cell.Centre, _cell.Radius, height, _cell.Brightness);
                Disc(signal, grid, z, _cell.Centre, _cell.NucleusRadius, height, -_cell.Brightness);
                return box;
            }
            bool seen = false;
            foreach (Point3 spot in _spots) seen |= Disc(signal, grid, z, spot, _spotRadius, height, _cell.Brightness) is not null;
            return seen ? Disc(signal, grid, z, _cell.Centre, _cell.Radius, height, 0) : null;
        }

        /// <summary>Adds the disc in which a section cuts a sphere, its rim pixels by the share that is covered, and gives its box.</summary>
        private Box? Disc(float[] signal, Grid grid, int z, Point3 centre, double radius, double height, double brightness)
        {
            double squared = radius * radius - (height - centre.Z) * (height - centre.Z);
            if (squared <= 0) return null;
            double pixel = grid.Spacing.X, r = Math.Sqrt(squared) / pixel, cy = centre.Y / pixel, cx = centre.X / pixel;
            int left = int.MaxValue, top = int.MaxValue, right = -1, bottom = -1;
            for (int y = Math.Max(0, (int)Math.Floor(cy - r)); y <= Math.Min(grid.Size.Y - 1, (int)Math.Ceiling(cy + r)); y++)
                for (int x = Math.Max(0, (int)Math.Floor(cx - r)); x <= Math.Min(grid.Size.X - 1, (int)Math.Ceiling(cx + r)); x++)
                {
                    double covered = Math.Clamp(r + 0.5 - Math.Sqrt((y - cy) * (y - cy) + (x - cx) * (x - cx)), 0, 1);
                    signal[y * grid.Size.X + x] += (float)(covered * brightness);
                    if (covered < 0.5) continue;
                    left = Math.Min(left, x);
                    right = Math.Max(right, x);
                    top = Math.Min(top, y);
                    bottom = y;
                }
            return right < 0 ? null : new Box(z, left, top, right - left + 1, bottom - top + 1, 1, _cell.Cell);
        }
    }
}
