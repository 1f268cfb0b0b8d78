using System.Text.Json;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Tests.Preparation;
using ClemReg.Algorithms.Tests.Warping;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Pipelines;

public sealed class PrepareOperationTests
{
    private static readonly Grid Em = new(new Size3(20, 33, 41), new Point3(40, 8, 8), new Point3(100, -200, 300));

    private static OperationResult Run(ISliceSource source, string parameters, int threads = 2)
    {
        using JsonDocument request = JsonDocument.Parse($$"""{"parameters": {{parameters}}}""");
        return Operations.Find("prepare").Run(request.RootElement, new Dictionary<string, object> { ["source"] = source }, new Job(threads));
    }

    private static string Fails(string parameters) =>
        Assert.Throws<BadInputException>(() => Run(PreparationSources.Ramp(Em), parameters)).Message;

    [Theory]
    [InlineData("""{"crop": "2:17,,5:40"}""")]
    [InlineData("""{"crop": "180:700,,310:500", "crop_unit": "nm", "bin": "2,4,4"}""")]
    [InlineData("""{"bin": "4"}""")]
    [InlineData("""{"bin": "1,2,2", "rotate": "x90", "resample_spacing": "16"}""")]
    [InlineData("""{"reslice": "xz", "flip": "zx", "resample_spacing": "10,20,9"}""")]
    [InlineData("""{"crop": "0:15,,", "reslice": "yz", "rotate": "y270", "flip": "y"}""")]
    public void A_landmark_stays_on_its_structure(string parameters)
    {
        // The ramp tells for each voxel of the result where in the image its structure lay.
        using OperationResult result = Run(PreparationSources.Ramp(Em), parameters);
        var prepared = (ISliceSource)result.Outputs["prepared"];
        var transform = (AffineTransform)result.Outputs["transform"];
        var back = (AffineTransform)result.Outputs["inverse_transform"];
        float[] values = WarpCases.ReadFloats(prepared);
        (int depth, int height, int width) = prepared.Grid.Size;
        for (int z = 1; z < depth - 1; z++)
            for (int y = 1; y < height - 1; y++)
                for (int x = 1; x < width - 1; x++)
                {
                    Point3 p = back.Apply(prepared.Grid.ToPhysical(z, y, x));
                    if (Math.Abs(p.Z - 480) > 250 || Math.Abs(p.Y + 72) > 80 || Math.Abs(p.X - 460) > 100) continue;
                    Assert.Equal(PreparationSources.RampAt(p), values[(z * height + y) * width + x], 2);
                }
        Assert.Equal(0, (back.Apply(transform.Apply(new Point3(1, 2, 3))) - new Point3(1, 2, 3)).Length, 9);
        string written = result.Json["transform"]!.ToJsonString();
        Assert.Equal(0, (TransformFile.Read(written, TransformFile.MovingToFixed).Apply(new Point3(5, 6, 7)) - transform.Apply(new Point3(5, 6, 7))).Length, 9);
        Assert.Equal(["source"], result.RetainedInputs);
    }

    [Fact]
    public void Sizes_and_origins_are_what_the_documentation_says()
    {
        Grid Result(string parameters)
        {
            using OperationResult result = Run(PreparationSources.Ramp(Em), parameters);
            return ((ISliceSource)result.Outputs["prepared"]).Grid;
        }
        Assert.Equal(new Grid(new Size3(20, 8, 10), new Point3(40, 32, 32), new Point3(100, -188, 312)), Result("""{"bin": "1,4,4"}"""));
        Assert.Equal(new Grid(new Size3(10, 33, 2), Em.Spacing, new Point3(180, -200, 308)), Result("""{"crop": "2:11,,1:2"}"""));
        Assert.Equal(new Grid(new Size3(33, 20, 41), new Point3(8, 40, 8), new Point3(-200, 100, 300)), Result("""{"reslice": "xz"}"""));
        Grid isotropic = Result("""{"resample_spacing": "8"}""");
        Assert.Equal(new Size3(100, 33, 41), isotropic.Size);
        Assert.Equal(84, isotropic.Origin.Z, 9);
        // A turn keeps the centre: z 480, y -72, x 460.
        Grid turned = Result("""{"rotate": "z90"}""");
        Assert.Equal(new Size3(20, 41, 33), turned.Size);
        Assert.Equal(new Point3(480, -72, 460), turned.ToPhysical(9.5, 20, 16));
    }

    [Fact]
    public void The_contrast_is_that_of_the_whole_stack()
    {
        var image = new PreparationSources(Em, VoxelType.UInt16, (z, _, x) => 1000 * z + x);
        using OperationResult result = Run(image, """{"eight_bit": true, "contrast_low": 0, "contrast_high": 100}""");
        var prepared = (ISliceSource)result.Outputs["prepared"];
        Assert.Equal(VoxelType.UInt8, prepared.Type);
        byte[] values = WarpCases.Read(prepared);
        Assert.Equal((byte)Math.Round(10000 / 19040.0 * 255), values[10 * 33 * 41]);
        Assert.Equal(19040, (double)result.Json["contrast"]![1]!);
        using OperationResult negative = Run(image, """{"eight_bit": true, "invert": true, "contrast_low": 0, "contrast_high": 100, "flip": "z"}""");
        byte[] turned = WarpCases.Read((ISliceSource)negative.Outputs["prepared"]);
        for (int i = 0; i < 33 * 41; i++) Assert.Equal(255 - values[i], turned[19 * 33 * 41 + i]);
        using OperationResult whole = Run(image, """{"invert": true}""");
        Assert.Equal(19040, WarpCases.ReadFloats((ISliceSource)whole.Outputs["prepared"])[0]);
    }

    [Fact]
    public void Labels_are_recognised_unless_that_is_switched_off()
    {
        // Columns of 6 x 6 voxels, so that some blocks of 4 x 4 hold a part of one.
        var labels = new PreparationSources(Em, VoxelType.UInt8, (_, y, x) => (x / 6 % 2) * (y / 6 % 2) * (10 + 50 * (x / 6 % 4)));
        byte[] known = [0, .. WarpCases.Read(labels).Distinct()];
        byte[] Values(string parameters)
        {
            using OperationResult result = Run(labels, parameters);
            return WarpCases.Read((ISliceSource)result.Outputs["prepared"]);
        }
        Assert.Subset(known.ToHashSet(), Values("""{"bin": "1,4,4"}""").ToHashSet());
        Assert.Equal(Values("""{"bin": "1,4,4", "labels": true}"""), Values("""{"bin": "1,4,4"}"""));
        Assert.Equal(Values("""{"resample_spacing": "11", "labels": true}"""), Values("""{"resample_spacing": "11"}"""));
        Assert.Contains(Values("""{"bin": "1,4,4", "label_detection": false}"""), v => !known.Contains(v));
        // Grey values that happen to be flat are asked for as such.
        Assert.Contains(Values("""{"bin": "1,4,4", "eight_bit": true, "contrast_low": 0, "contrast_high": 100}"""), v => v is > 0 and < 255);
    }

    [Fact]
    public void The_bytes_do_not_depend_on_the_number_of_threads()
    {
        using Volume noise = WarpCases.Noise(Em, VoxelType.UInt16, 2);
        byte[] Bytes(int threads)
        {
            using OperationResult result = Run(noise, """{"bin": "1,2,3", "rotate": "y90", "resample_spacing": "30", "eight_bit": true}""", threads);
            return WarpCases.Read((ISliceSource)result.Outputs["prepared"]);
        }
        Assert.Equal(Bytes(1), Bytes(4));
    }

    [Fact]
    public void A_cancelled_job_stops()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        using JsonDocument request = JsonDocument.Parse("""{"parameters": {"bin": "2", "eight_bit": true}}""");
        Assert.Throws<OperationCanceledException>(() => Operations.Find("prepare").Run(request.RootElement,
            new Dictionary<string, object> { ["source"] = PreparationSources.Ramp(Em) }, new Job(1, cancel.Token)));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        void Says(string parameters, params string[] words)
        {
            string message = Fails(parameters);
            foreach (string word in words) Assert.Contains(word, message, StringComparison.Ordinal);
        }
        Says("{}", "nothing to do", "resample_spacing");
        Says("""{"bin": "0"}""", "bin = 0", "1 to 32");
        Says("""{"bin": "2,2"}""", "bin = 2,2");
        Says("""{"bin": "2.5"}""", "bin = 2.5");
        Says("""{"bin": "32,1,1"}""", "at most 20 along z");
        Says("""{"crop": "3:30,,"}""", "crop = 3:30,,", "from 0 to 19 along z");
        Says("""{"crop": "3:2,,"}""", "crop = 3:2,,");
        Says("""{"crop": "1:2"}""", "crop = 1:2");
        Says("""{"crop": ",a:b,"}""", "crop = ,a:b,");
        Says("""{"crop": "5000:6000,,", "crop_unit": "nm"}""", "from 100 to 860 nm");
        Says("""{"rotate": "z45"}""", "rotate = z45", "z90");
        Says("""{"resample_spacing": "-4"}""", "resample_spacing = -4");
        Says("""{"resample_spacing": "1e-9"}""", "resample_spacing", "Lengths are in nm");
        Says("""{"eight_bit": true, "contrast_low": 60, "contrast_high": 60}""", "contrast_low = 60", "contrast_high = 60");
        Says("""{"eight_bit": true, "labels": true}""", "eight_bit = true", "labels");
        Says("""{"invert": true, "labels": true}""", "invert = true", "labels");
    }
}
