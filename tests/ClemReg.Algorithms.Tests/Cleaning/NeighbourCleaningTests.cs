using ClemReg.Algorithms.Cleaning;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Tests.Meshes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cleaning;

public sealed class NeighbourCleaningTests
{
    private static readonly Job Job = new(2);

    private static HashSet<(Size3, int)> Voxels(LabelVolume labels)
    {
        var set = new HashSet<(Size3, int)>();
        for (int z = 0; z < labels.Grid.Size.Z; z++)
            for (int y = 0; y < labels.Grid.Size.Y; y++)
                foreach (LabelledRun run in labels.Runs(z, y))
                    for (int x = run.Start; x < run.End; x++) set.Add((new Size3(z, y, x), run.Label));
        return set;
    }

    [Theory]
    [InlineData(10, 10, 25)]
    [InlineData(30, 10, 60)]
    public void A_voxel_goes_by_the_share_of_its_object_around_it(double z, double xy, double radius)
    {
        // Counted one by one: noise with gaps, several labels, also at the volume's border.
        var random = new Random(3);
        var grid = new Grid(new Size3(7, 11, 14), new Point3(z, xy, xy));
        int gone = 0;
        for (int n = 0; n < 5; n++)
        {
            double full = 0.3 + 0.17 * n;
            LabelVolume labels = Shape.Labels(grid, (_, _, x) => random.NextDouble() < full ? 1 + (x / 5 + random.Next(2)) % 3 : 0);
            string Class(int label) => label == 3 ? "b" : "a";
            HashSet<(Size3 At, int Label)> voxels = Voxels(labels);
            Dictionary<(Size3 At, int Label), double> shares = voxels.ToDictionary(v => v, v => Share(v.At, v.Label));
            foreach (double part in new[] { 0.5, 0.9, 1 })
            {
                double Least(string name) => part * shares.Where(s => Class(s.Key.Label) == name).Average(s => s.Value);
                var expected = voxels.Where(v => shares[v] >= Least(Class(v.Label)) - 1e-12).ToHashSet();
                gone += voxels.Count - expected.Count;
                foreach (int threads in new[] { 1, 3 })
                    Assert.Equal(expected, Voxels(NeighbourCleaning.Run(labels, Class, part, radius, new Job(threads))));
            }

            double Share(Size3 at, int label)
            {
                int own = 0, all = 0;
                for (int k = 0; k < 7; k++)
                    for (int j = 0; j < 11; j++)
                        for (int i = 0; i < 14; i++)
                        {
                            if (new Point3((k - at.Z) * z, (j - at.Y) * xy, (i - at.X) * xy).Length > radius) continue;
                            all++;
                            if (voxels.Contains((new Size3(k, j, i), label))) own++;
                        }
                return (double)own / all;
            }
        }
        Assert.True(gone > 500, $"{gone}");
    }

    [Fact]
    public void Specks_and_threads_go_and_surfaces_and_sheets_stay()
    {
        var grid = new Grid(new Size3(30, 40, 60), new Point3(10, 10, 10));
        bool Ball(int z, int y, int x) => (new Point3(z, y, x) - new Point3(14, 18, 16)).Length <= 11;
        bool Sheet(int z, int y, int x) => z == 20 && y is > 3 and < 36 && x is > 40 and < 58;
        bool Speck(int z, int y, int x) => z == 3 && y == 4 && x is 4 or 5 && y == 4 && z == 3;
        bool Thread(int z, int y, int x) => z == 14 && y == 18 && x is > 30 and < 39;
        LabelVolume labels = Shape.Labels(grid, (z, y, x) => Sheet(z, y, x) ? 9 : Ball(z, y, x) || Speck(z, y, x) || Thread(z, y, x) ? 4 : 0);
        // The sheet is a class of its own, whose mean is what sheets have.
        HashSet<(Size3 At, int Label)> left = Voxels(NeighbourCleaning.Run(labels, label => label == 9 ? "sheet" : "ball", 0.25, 20, Job));
        foreach ((Size3 at, int label) in Voxels(labels))
            Assert.True(left.Contains((at, label)) == (label == 9 || Ball(at.Z, at.Y, at.X)), $"{at} of {label}");
    }

    [Fact]
    public void Nothing_happens_at_0_and_bad_values_are_refused()
    {
        LabelVolume labels = Shape.Labels(new Grid(new Size3(3, 3, 3), new Point3(1, 1, 1)), (z, _, _) => z);
        Assert.Same(labels, NeighbourCleaning.Run(labels, _ => "", 0, 2, Job));
        foreach (double part in new[] { -0.1, 1.1, double.NaN }) Assert.Contains("clean_outliers", Assert.Throws<BadInputException>(() => NeighbourCleaning.Run(labels, _ => "", part, 2, Job)).Message, StringComparison.Ordinal);
        foreach (double radius in new[] { 0, -1, double.NaN, double.PositiveInfinity }) Assert.Contains("outlier_radius", Assert.Throws<BadInputException>(() => NeighbourCleaning.Run(labels, _ => "", 0.2, radius, Job)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<OperationCanceledException>(() => NeighbourCleaning.Run(labels, _ => "", 0.2, 2, new Job(1, new CancellationToken(true))));
    }
}
