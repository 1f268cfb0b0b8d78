using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Registration;

public sealed class ChromaticShiftTests
{
    private static readonly Grid Field = new(new Size3(24, 160, 170), new Point3(250, 100, 100), new Point3(500, 0, -300));

    private static List<Point3> Beads(int count, int seed)
    {
        var random = new Random(seed);
        var beads = new List<Point3>();
        while (beads.Count < count)
        {
            Point3 p = Field.ToPhysical(6 + 12 * random.NextDouble(), 10 + 140 * random.NextDouble(), 10 + 150 * random.NextDouble());
            if (beads.All(b => (b - p).Length > 1500)) beads.Add(p);
        }
        return beads;
    }

    private static Volume<ushort> Render(IEnumerable<Point3> beads, int seed)
    {
        var random = new Random(seed);
        var volume = new Volume<ushort>(Field);
        Point3[] places = [.. beads];
        for (int z = 0; z < Field.Size.Z; z++)
            for (int y = 0; y < Field.Size.Y; y++)
                for (int x = 0; x < Field.Size.X; x++)
                {
                    Point3 p = Field.ToPhysical(z, y, x);
                    double v = 200 + 15 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
                    foreach (Point3 b in places)
                    {
                        Point3 d = p - b;
                        double q = d.Z * d.Z / (250.0 * 250) + (d.Y * d.Y + d.X * d.X) / (110.0 * 110);
                        if (q < 40) v += 1500 * Math.Exp(-0.5 * q);
                    }
                    volume[z, y, x] = (ushort)v;
                }
        return volume;
    }

    [Fact]
    public void Finds_every_bead_and_its_place()
    {
        List<Point3> beads = Beads(12, 1);
        using Volume<ushort> image = Render(beads, 2);
        IReadOnlyList<Point3> found = BeadDetection.Find(image, 260, new Job(2));
        Assert.Equal(beads.Count, found.Count);
        foreach (Point3 b in beads)
        {
            Point3 nearest = found.MinBy(f => (f - b).Length);
            Assert.True(Math.Abs((nearest - b).Z) < 30 && Math.Abs((nearest - b).Y) < 10 && Math.Abs((nearest - b).X) < 10, $"{b} found at {nearest}");
        }
        Assert.Equal(found, BeadDetection.Find(image, 260, new Job(1)));
    }

    [Fact]
    public void Measures_a_shift_through_images()
    {
        List<Point3> beads = Beads(14, 3);
        var shift = new Point3(180, -70, 45);
        using Volume<ushort> reference = Render(beads, 4), channel = Render(beads.Select(b => b - shift), 5);
        ChromaticShift found = ChromaticShift.Measure(BeadDetection.Find(reference, 260, new Job(2)), BeadDetection.Find(channel, 260, new Job(2)), 600, ChromaticModel.Offset);
        Assert.True((found.Offset - shift).Length < 10, found.Offset.ToString());
        Assert.True(found.RmsNm < 25 && found.RmsBeforeNm > 180);
    }

    [Fact]
    public void Recovers_an_affine_map_in_spite_of_dust_and_missing_beads()
    {
        var random = new Random(6);
        List<Point3> beads = Beads(60, 7);
        var truth = new AffineTransform([1.002, 0, 0, 120, 0, 0.999, 0.001, -40, 0, -0.001, 1.001, 60]);
        List<Point3> channel = [.. beads.Skip(5).Select(truth.Inverse().Apply)];
        for (int i = 0; i < 6; i++) channel.Add(beads[i * 7] + new Point3(700 * random.NextDouble(), 300, -500));
        ChromaticShift found = ChromaticShift.Measure(beads, channel, 700, ChromaticModel.Affine);
        foreach (Point3 b in beads) Assert.True((found.Transform.Apply(truth.Inverse().Apply(b)) - b).Length < 1e-6);
        Assert.True(found.RmsNm < 1e-6 && found.Pairs >= 50);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        using var flat = new Volume<byte>(new Grid(new Size3(5, 20, 20), new Point3(100, 100, 100)));
        Assert.Contains("flat", Assert.Throws<BadInputException>(() => BeadDetection.Find(flat, 200, new Job(1))).Message);
        Assert.Contains("bead_diameter", Assert.Throws<BadInputException>(() => BeadDetection.Find(flat, 0, new Job(1))).Message);
        List<Point3> beads = Beads(5, 8);
        Assert.Contains("maximum_shift", Assert.Throws<BadInputException>(() => ChromaticShift.Measure(beads, beads, -1, ChromaticModel.Offset)).Message);
        Assert.Contains("partner", Assert.Throws<BadInputException>(() => ChromaticShift.Measure(beads, [], 500, ChromaticModel.Offset)).Message);
        Assert.Contains("8 are needed", Assert.Throws<BadInputException>(() => ChromaticShift.Measure(beads, beads, 500, ChromaticModel.Affine)).Message);
    }
}
