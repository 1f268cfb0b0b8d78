using System.Runtime.InteropServices;
using System.Text.Json;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class CleanMaskOperationTests
{
    private static readonly Grid Grid = new(new Size3(5, 20, 70), new Point3(50, 10, 10), new Point3(1, 2, 3));

    private static OperationResult Run(ISliceSource source, Job? job = null, params (string Key, string Value)[] parameters) => Operations.Find("clean_mask").Run(
        JsonDocument.Parse(JsonSerializer.Serialize(new { parameters = parameters.ToDictionary(p => p.Key, p => p.Value) })).RootElement,
        new Dictionary<string, object> { ["source"] = source }, job ?? new Job(2));

    /// <summary>A block with a hole of six voxels, and a speck.</summary>
    private static Volume<T> Image<T>(T value, T other) where T : unmanaged
    {
        var image = new Volume<T>(Grid);
        for (int z = 1; z < 4; z++)
            for (int y = 4; y < 14; y++) image.Row(z, y)[10..50].Fill(value);
        for (int z = 2; z < 3; z++)
            for (int y = 8; y < 10; y++) image.Row(z, y)[20..23].Clear();
        image[3, 17, 60] = other;
        return image;
    }

    private static T[] Voxels<T>(OperationResult result) where T : unmanaged
    {
        var cleaned = (ISliceSource)result.Outputs["cleaned"];
        Assert.Equal(Grid, cleaned.Grid);
        Assert.Equal(Marshal.SizeOf<T>(), (int)cleaned.Type);
        var all = new T[Grid.Size.Count];
        for (int z = 0; z < Grid.Size.Z; z++) cleaned.ReadSlice(z, MemoryMarshal.AsBytes(all.AsSpan(z * Grid.Size.SliceCount, Grid.Size.SliceCount)));
        return all;
    }

    [Fact]
    public void A_mask_stays_a_mask()
    {
        using Volume<byte> image = Image<byte>(255, 255);
        using OperationResult result = Run(image, null, ("fill_holes", "volume"), ("minimum_size", "2"));
        Assert.IsType<BitVolume>(result.Outputs["cleaned"]);
        byte[] voxels = Voxels<byte>(result);
        Assert.Equal(3 * 10 * 40, voxels.Count(v => v == 255));
        Assert.Equal(3 * 10 * 40 - 6 + 1, (long)result.Json["voxels_before"]!);
        Assert.Equal(3 * 10 * 40, (long)result.Json["voxels"]!);
        Assert.Contains("1 of 2 objects", (string)result.Json["summary"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mask_of_another_value_or_type_keeps_both()
    {
        using Volume<ushort> image = Image<ushort>(7, 7);
        using OperationResult result = Run(image, null, ("fill_holes", "slices"), ("minimum_size", "2"));
        ushort[] voxels = Voxels<ushort>(result);
        Assert.Equal(3 * 10 * 40, voxels.Count(v => v == 7));
        Assert.Equal(voxels.Length - 3 * 10 * 40, voxels.Count(v => v == 0));
    }

    [Fact]
    public void Labels_keep_their_values_and_the_image_its_type()
    {
        using Volume<byte> bytes = Image<byte>(7, 200);
        using Volume<ushort> words = Image<ushort>(7, 50000);
        using Volume<float> floats = Image(7f, 1_000_000f);
        using OperationResult a = Run(bytes, null, ("fill_holes", "volume")), b = Run(words, null, ("fill_holes", "volume")), c = Run(floats, null, ("fill_holes", "volume"));
        Assert.Equal((1200, 1), (Voxels<byte>(a).Count(v => v == 7), Voxels<byte>(a).Count(v => v == 200)));
        Assert.Equal((1200, 1), (Voxels<ushort>(b).Count(v => v == 7), Voxels<ushort>(b).Count(v => v == 50000)));
        Assert.Equal((1200, 1), (Voxels<float>(c).Count(v => v == 7), Voxels<float>(c).Count(v => v == 1_000_000)));
        Assert.Equal("labels", (string)a.Json["kind"]!);
    }

    [Fact]
    public void As_a_mask_labels_and_grey_values_count_alike()
    {
        using Volume<float> image = Image(0.5f, 1234.5f);
        using OperationResult result = Run(image, null, ("as_mask", "true"), ("fill_holes", "volume"));
        Assert.Equal(1201, Voxels<byte>(result).Count(v => v == 255));
        string message = Assert.Throws<BadInputException>(() => Run(image, null, ("fill_holes", "volume"))).Message;
        Assert.Contains("slice 2, y = 4, x = 10 is 0.5", message, StringComparison.Ordinal);
        Assert.Contains("as_mask", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-1)]
    [InlineData(16777216)]
    [InlineData(float.PositiveInfinity)]
    public void What_is_no_label_is_refused(float value)
    {
        using Volume<float> image = Image(7f, value);
        Assert.Contains("slice 4, y = 17, x = 60", Assert.Throws<BadInputException>(() => Run(image, null, ("fill_holes", "volume"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Grey_values_taken_for_labels_are_warned_of()
    {
        using var image = new Volume<byte>(Grid);
        var random = new Random(1);
        for (int z = 0; z < 5; z++)
            for (int y = 0; y < 20; y++)
                for (int x = 0; x < 70; x++) image[z, y, x] = (byte)random.Next(100, 140);
        var job = new Job(2);
        Run(image, job, ("minimum_size", "2")).Dispose();
        Assert.Contains(job.Warnings, w => w.Contains("grey values", StringComparison.Ordinal) && w.Contains("40 different", StringComparison.Ordinal));
    }

    [Fact]
    public void An_empty_image_stays_empty_and_nothing_left_is_told()
    {
        using var empty = new Volume<byte>(Grid);
        var job = new Job(2);
        using OperationResult result = Run(empty, job, ("close_radius", "50"), ("minimum_size", "9"));
        Assert.All(Voxels<byte>(result), v => Assert.Equal(0, v));
        Assert.Empty(job.Warnings);
        using Volume<byte> image = Image<byte>(255, 255);
        Run(image, job, ("minimum_size", "100000")).Dispose();
        Assert.Contains("Nothing is left", Assert.Single(job.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_radius_of_less_than_a_voxel_along_an_axis_is_told()
    {
        using Volume<byte> image = Image<byte>(255, 255);
        var heard = new Heard();
        Run(image, new Job(2, observer: heard), ("open_radius", "20")).Dispose();
        Assert.Contains(heard.Lines, l => l.Contains("open_radius = 20 nm is less than a voxel along z (50 nm)", StringComparison.Ordinal));
        heard.Lines.Clear();
        Run(image, new Job(2, observer: heard), ("open_radius", "20"), ("radius_in", "slices")).Dispose();
        Assert.DoesNotContain(heard.Lines, l => l.Contains("less than a voxel", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nothing to do: set at least one")]
    [InlineData("smooth_slices = 4", "smooth_slices", "4")]
    [InlineData("smooth_slices = 17", "smooth_slices", "17")]
    [InlineData("open_radius = -1", "open_radius", "-1")]
    [InlineData("close_radius = nan", "close_radius", "nan")]
    [InlineData("open_radius = 2010", "open_radius", "2010")]
    [InlineData("here 2000 nm", "close_radius", "2010")]
    [InlineData("fill_holes = some", "fill_holes", "some")]
    [InlineData("minimum_size = -3", "minimum_size", "-3")]
    [InlineData("minimum_span = 0", "minimum_span", "0")]
    [InlineData("remove_at_border = top", "remove_at_border", "top")]
    public void What_is_not_allowed_is_named(string expected, string key = "as_mask", string value = "true")
    {
        using Volume<byte> image = Image<byte>(255, 255);
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => Run(image, null, (key, value))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_run_ends()
    {
        using Volume<byte> image = Image<byte>(255, 255), labels = Image<byte>(3, 4);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        foreach (ISliceSource source in new ISliceSource[] { image, labels })
            Assert.ThrowsAny<OperationCanceledException>(() => Run(source, new Job(2, cancel.Token), ("fill_holes", "volume")));
    }
}
