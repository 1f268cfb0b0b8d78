using System.Globalization;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Evaluation;

public sealed class StructureOverlapTests
{
    private static readonly Grid Nine = new(new Size3(9, 31, 37), new Point3(20, 20, 20));

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "golden", "evaluation", name);

    private static Volume<ushort> Read(string name)
    {
        byte[] bytes = File.ReadAllBytes(Golden(name));
        var volume = new Volume<ushort>(Nine);
        for (int z = 0; z < 9; z++) bytes.AsSpan(z * volume.SliceBytes(z).Length, volume.SliceBytes(z).Length).CopyTo(volume.SliceBytes(z));
        return volume;
    }

    private static Volume<T> Convert<T>(Volume<ushort> image, Func<ushort, T> to) where T : unmanaged
    {
        var volume = new Volume<T>(image.Grid);
        for (int z = 0; z < image.Grid.Size.Z; z++)
            for (int i = 0; i < image.Grid.Size.SliceCount; i++) volume.Slice(z)[i] = to(image.Slice(z)[i]);
        return volume;
    }

    [Theory]
    [InlineData("uint16")]
    [InlineData("uint8")]
    [InlineData("float")]
    public void Agrees_with_scikit_image(string type)
    {
        using Volume<ushort> labels = Read("labels_9x31x37.bin"), raw = Read("image_9x31x37.bin");
        using Volume image = type switch { "uint8" => Convert(raw, v => (byte)(v / 20)), "float" => Convert(raw, v => v / 7f), _ => Convert(raw, v => v) };
        IReadOnlyList<StructureOverlap> found = StructureOverlap.Measure(image, labels, new Job(3));
        string[] lines = File.ReadAllLines(Golden($"overlap_{type}.csv"));
        Assert.Equal(lines.Length, found.Count);
        for (int i = 0; i < lines.Length; i++)
        {
            double[] want = [.. lines[i].Split(',').Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
            Assert.Equal((int)want[0], found[i].Label);
            Assert.Equal((long)want[1], found[i].Voxels);
            Assert.Equal(want[2], found[i].Threshold, want[2] * 1e-5);
            Assert.Equal(want[3], found[i].TruePositiveRate, 1e-9);
            Assert.Equal(want[4], found[i].Dice, 1e-9);
            Assert.Equal(want[5], found[i].Precision, 1e-9);
        }
    }

    [Fact]
    public void A_box_of_one_value_covers_nothing()
    {
        var grid = new Grid(new Size3(2, 3, 3), new Point3(1, 1, 1));
        using var labels = new Volume<byte>(grid);
        using var image = new Volume<byte>(grid);
        labels[1, 1, 1] = 200;
        image.Slice(1).Fill(7);
        StructureOverlap one = Assert.Single(StructureOverlap.Measure(image, labels, new Job(1)));
        Assert.Equal((200, 1L, 0.0, 0.0), (one.Label, one.Voxels, one.TruePositiveRate, one.Dice));
        Assert.True(double.IsNaN(one.Threshold) && double.IsNaN(one.Precision));
        Assert.Equal(((1, 1, 1), new Size3(1, 1, 1)), (one.Box, one.BoxSize));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        var grid = new Grid(new Size3(2, 3, 3), new Point3(1, 1, 1));
        using var labels = new Volume<float>(grid);
        using var image = new Volume<byte>(grid);
        using var other = new Volume<byte>(new Grid(new Size3(3, 3, 3), new Point3(1, 1, 1)));
        Assert.Contains("no voxel above 0", Assert.Throws<BadInputException>(() => StructureOverlap.Measure(image, labels, new Job(1))).Message);
        labels[0, 1, 2] = 1.5f;
        Assert.Contains("1.5", Assert.Throws<BadInputException>(() => StructureOverlap.Measure(image, labels, new Job(1))).Message);
        Assert.Contains("registered.tif", Assert.Throws<BadInputException>(() => StructureOverlap.Measure(other, labels, new Job(1))).Message);
    }
}
