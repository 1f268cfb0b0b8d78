using System.Text.Json;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Tests.Transforms;
using ClemReg.Algorithms.Tests.Warping;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class WarpOperationTests
{
    private static readonly Grid Fm = new(new Size3(16, 90, 80), new Point3(130, 100, 100));
    private static readonly Grid Em = new(new Size3(20, 100, 110), new Point3(100, 80, 80), new Point3(0, 1500, 2500));

    private readonly Heard _heard = new();

    private OperationResult Run(ISliceSource source, SpatialTransform transform, Grid target, string parameters = "{}")
    {
        using JsonDocument request = JsonDocument.Parse($$"""{ "parameters": {{parameters}}, "names": {"source": "fm.tif" } }""");
        return Operations.Find("warp").Run(request.RootElement,
            new Dictionary<string, object> { ["source"] = source, ["transform"] = transform, ["target"] = new BitVolume(target) }, new Job(2, observer: _heard));
    }

    private string Fails(SpatialTransform transform, string parameters)
    {
        using Volume moving = WarpCases.Noise(Fm, VoxelType.UInt8, 1);
        return Assert.Throws<BadInputException>(() => Run(moving, transform, Em, parameters)).Message;
    }

    [Fact]
    public void A_thin_plate_spline_warps_lazily_and_says_how_well()
    {
        ThinPlateSpline spline = BendCases.Spline();
        using Volume moving = WarpCases.Noise(Fm, VoxelType.UInt16, 1);
        using OperationResult result = Run(moving, spline, Em);
        Assert.IsType<WarpedVolume>(result.Outputs["warped"]);
        Assert.Equal(["source"], result.RetainedInputs);
        Assert.Contains(WarpCases.Read((ISliceSource)result.Outputs["warped"]), v => v != 0);
        Assert.InRange((double)result.Json["approximation_error"]!["max_nm"]!, 1e-6, 40);
        Assert.InRange((double)result.Json["jacobian"]!["minimum"]!, 0.1, 2);
        // Back again: the inverse warps the other way, blurred because these voxels are larger.
        using var em = new Volume<byte>(Em);
        em.Slice(5).Fill(100);
        using OperationResult back = Run(em, spline.Inverse(), Fm, """{"warping_antialias": false}""");
        Assert.Equal("target_to_source", (string)back.Json["jacobian"]!["of"]!);
        Assert.Null(back.Json["antialias_sigma"]);
    }

    [Fact]
    public void Labels_keep_their_values_unless_told_otherwise()
    {
        using var labels = new Volume<byte>(Fm);
        for (int z = 0; z < Fm.Size.Z; z++)
            for (int i = 0; i < Fm.Size.SliceCount; i++)
                labels.Slice(z)[i] = (i % Fm.Size.X / 20) switch { 1 => 100, 2 => 200, _ => 0 };
        var shift = new AffineTransform([1, 0, 0, 0, 0, 1, 0, 1500, 0, 0, 1, 2530]);
        Assert.Equal([0, 100, 200], Values("{}", 0));
        Assert.Contains(Values("""{"warping_detect_labels": false}""", 1), v => v is > 0 and < 100);
        using var mask = new BitVolume(Fm);
        for (int z = 0; z < Fm.Size.Z; z++) mask.SetSlice<byte>(z, labels.Slice(z), 0);
        Assert.Equal([0, 255], Values("{}", 0, mask));

        IEnumerable<byte> Values(string parameters, int order, ISliceSource? source = null)
        {
            using OperationResult result = Run(source ?? labels, shift, Em, parameters);
            Assert.Equal(order, (int)result.Json["interpolation_order"]!);
            var warped = (ISliceSource)result.Outputs["warped"];
            var slice = new byte[Em.Size.SliceCount];
            warped.ReadSlice(10, slice);
            return slice.Distinct().Order().ToArray();
        }
    }

    [Fact]
    public void The_output_grid_is_chosen()
    {
        using Volume moving = WarpCases.Noise(Fm, VoxelType.UInt8, 1);
        Grid Result(string parameters)
        {
            using OperationResult result = Run(moving, new AffineTransform([1, 0, 0, 0, 0, 1, 0, -3000, 0, 0, 1, 4000]), Em, parameters);
            return ((ISliceSource)result.Outputs["warped"]).Grid;
        }
        Assert.Equal(Em, Result("{}"));
        Assert.Equal(Fm.Spacing, Result("""{"warping_output_grid": "source_pitch"}""").Spacing);
        Assert.Equal(new Point3(50, 50, 50), Result("""{"warping_output_grid": "given", "warping_output_spacing": "50"}""").Spacing);
        Grid crop = Result("""{"warping_output_grid": "given", "warping_output_spacing": "100,50,40", "warping_crop_to_overlap": true}""");
        Assert.Equal(new Point3(100, 50, 40), crop.Spacing);
        Assert.True(crop.Size.Count < OutputGrid.WithSpacing(Em, crop.Spacing).Size.Count);
    }

    [Fact]
    public void Coarser_voxels_are_averages_unless_that_is_switched_off()
    {
        // Stripes of one voxel: sampled at every fourth they would all be the same.
        var fine = new Grid(new Size3(8, 64, 64), new Point3(20, 20, 20));
        var coarse = new Grid(new Size3(2, 12, 12), new Point3(80, 80, 80), new Point3(30, 80, 80));
        using var em = new Volume<byte>(fine);
        for (int z = 0; z < 8; z++)
            for (int y = 0; y < 64; y++)
                for (int x = 0; x < 64; x++) em[z, y, x] = (byte)((x & 1) * 200);
        byte[] Warped(ISliceSource source, string parameters)
        {
            using OperationResult result = Run(source, AffineTransform.Identity, coarse, parameters);
            return WarpCases.Read((ISliceSource)result.Outputs["warped"]);
        }
        Assert.All(Warped(em, "{}"), v => Assert.InRange(v, 98, 102));
        Assert.All(Warped(em, """{"warping_antialias": false}"""), v => Assert.Equal(0, v));
        Assert.All(Warped(em, """{"warping_interpolation_order": 0}"""), v => Assert.True(v is 0 or 200));
    }

    [Fact]
    public void A_transform_to_somewhere_else_is_pointed_out()
    {
        using Volume moving = WarpCases.Noise(Fm, VoxelType.UInt8, 1);
        bool Warned(SpatialTransform transform)
        {
            _heard.Lines.Clear();
            using OperationResult result = Run(moving, transform, Em);
            return _heard.Lines.Contains("warning: Nothing of source 'fm.tif' lands on the target: is the direction or the unit of the transform wrong?");
        }
        var there = new AffineTransform([1, 0, 0, 0, 0, 1, 0, 1500, 0, 0, 1, 2530]);
        Assert.False(Warned(there));
        Assert.True(Warned(new AffineTransform([1, 0, 0, 0, 0, 1, 0, -7600, 0, 0, 1, 0])));
        Assert.True(Warned(new AffineTransform([1e-3, 0, 0, 0, 0, 1e-3, 0, 0, 0, 0, 1e-3, 0])));
        // Half a voxel of the images meets.
        Assert.False(Warned(new AffineTransform([1, 0, 0, 0, 0, 1, 0, 1500, 0, 0, 1, 2500 + 109 * 80 + 35])));
        Assert.True(Warned(new AffineTransform([1, 0, 0, 0, 0, 1, 0, 1500, 0, 0, 1, 2500 + 109 * 80 + 45])));
        ThinPlateSpline spline = BendCases.Spline();
        Assert.False(Warned(spline));
        Assert.True(Warned(new ChainedTransform(AffineTransform.Identity, spline, new AffineTransform([1, 0, 0, 90000, 0, 1, 0, 0, 0, 0, 1, 0]))));
        Assert.True(Warned(new ChainedTransform(AffineTransform.Identity, spline, new AffineTransform([1, 0, 0, 90000, 0, 1, 0, 0, 0, 0, 1, 0])).Inverse()));
    }

    [Theory]
    [InlineData("2:1,2", 2, "must be entries channel:z,y,x")]
    [InlineData("0:1,2,3", 2, "must be entries channel:z,y,x")]
    [InlineData("2:1,2,3; 2:1,2,3", 2, "one entry for each channel")]
    [InlineData("9:1000,0,0", 2, "must be for channels from 1 to 2")]
    [InlineData("2:1,0,0,0,0,1,0,0,0,0,0,5", 2, "channel 2 are singular")]
    public void Channel_offsets_are_refused_before_anything_is_computed(string offsets, int channels, string message)
    {
        using JsonDocument request = JsonDocument.Parse($$"""{"parameters": {"channel_offsets": "{{offsets}}"}, "channels": {{channels}}}""");
        string refused = Assert.Throws<BadInputException>(() => Operations.Find("register_plan").Run(request.RootElement, new Dictionary<string, object>(), new Job(1))).Message;
        Assert.Contains("channel_offsets = " + offsets, refused, StringComparison.Ordinal);
        Assert.Contains(message, refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Channel_offsets_need_to_know_the_channel()
    {
        Assert.Contains("chromatic_channel = 0", Fails(AffineTransform.Identity, """{"channel_offsets": "2:1,2,3"}"""), StringComparison.Ordinal);
        using Volume moving = WarpCases.Noise(Fm, VoxelType.UInt8, 1);
        using OperationResult other = Run(moving, AffineTransform.Identity, Fm, """{"channel_offsets": "2:130,0,0", "chromatic_channel": 1}""");
        using OperationResult shifted = Run(moving, AffineTransform.Identity, Fm, """{"channel_offsets": "2:130,0,0", "chromatic_channel": 2}""");
        Assert.Equal(WarpCases.Read(moving), WarpCases.Read((ISliceSource)other.Outputs["warped"]));
        Assert.Equal(WarpCases.Read(moving)[..(15 * 7200)], WarpCases.Read((ISliceSource)shifted.Outputs["warped"])[7200..]);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        ThinPlateSpline spline = BendCases.Spline();
        Assert.Contains("warping_output_spacing = (empty)", Fails(spline, """{"warping_output_grid": "given"}"""), StringComparison.Ordinal);
        Assert.Contains("warping_output_spacing = 3,4", Fails(spline, """{"warping_output_grid": "given", "warping_output_spacing": "3,4"}"""), StringComparison.Ordinal);
        Assert.Contains("warping_output_spacing = -3", Fails(spline, """{"warping_output_grid": "given", "warping_output_spacing": "-3"}"""), StringComparison.Ordinal);
        Assert.Contains("left out", Fails(spline, """{"warping_output_spacing": "40"}"""), StringComparison.Ordinal);
        Assert.Contains("warping_approximate_grid = 0", Fails(spline, """{"warping_approximate_grid": 0}"""), StringComparison.Ordinal);
        Assert.Contains("warping_memory_budget = 1 ", Fails(spline, """{"warping_memory_budget": 1}"""), StringComparison.Ordinal);
        var d = new double[3 * 27];
        d[2 * 27 + 13] = 5000;
        var field = new DisplacementField(new Grid(new Size3(3, 3, 3), new Point3(1000, 4000, 3000)), FieldInterpolation.Linear, d);
        string fold = Fails(field, "{}");
        Assert.Contains("folds space: the determinant of its Jacobian is -", fold, StringComparison.Ordinal);
    }
}
