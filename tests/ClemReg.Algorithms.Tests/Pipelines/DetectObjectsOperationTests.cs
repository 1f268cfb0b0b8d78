using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.Tests.Detection;
using ClemReg.Algorithms.Volumes;
using static ClemReg.Algorithms.Tests.Pipelines.EmModelRuns;

namespace ClemReg.Algorithms.Tests.Pipelines;

[Collection(InTurns)]
public sealed class DetectObjectsOperationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-objects").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Volume<byte> Dots()
    {
        var image = new Volume<byte>(new Grid(new Size3(3, 64, 64), new Point3(20, 10, 10)));
        image[0, 20, 35] = 230;
        image[2, 2, 2] = 255;
        image[2, 60, 44] = 180;
        return image;
    }

    private string Model() => CellNetwork.Write(_folder, ("names", "{0: 'mito'}"));

    private static string File(OperationResult result, string path) =>
        (string)result.Json["files"]!.AsArray().Single(f => (string)f!["path"]! == path)!["text"]!;

    [Fact]
    public void Boxes_are_tables_texts_of_slices_and_names()
    {
        using Volume<byte> image = Dots();
        using OperationResult result = Run("detect_objects", image, Model());
        Assert.Equal("slice,class,name,x,y,width,height,score\n1,0,mito,32,16,8,8,0.902\n3,0,mito,0,0,8,8,1\n3,0,mito,40,56,8,8,0.7059\n", File(result, "boxes.csv"));
        Assert.Equal("mito\n", File(result, "obj.names"));
        Assert.Equal("", File(result, "labels/slice_0002.txt"));
        Assert.Equal([new DetectedBox(0, 0.901961, 32, 16, 40, 24)], YoloLabels.Read(File(result, "labels/slice_0001.txt"), 64, 64, 1));
        Assert.Equal("v8", (string)result.Json["model"]!["layout"]!);
        Assert.Equal("3 boxes in 3 slices: 3 mito.", (string)result.Json["summary"]!);
    }

    [Fact]
    public void A_higher_score_leaves_unsure_boxes_out_and_nothing_is_warned_of()
    {
        using Volume<byte> image = Dots();
        using OperationResult some = Run("detect_objects", image, Model(), null, ("box_score", "0.8")), most = Run("detect_objects", image, Model(), null, ("boxes_per_slice", "1")),
            bright = Run("detect_objects", image, Model(), null, ("em_intensity_range", "0,300")), tiled = Run("detect_objects", image, Model(), null, ("detect_tile", "32"), ("detect_tile_overlap", "16"));
        Assert.Equal(2, (int)some.Json["boxes"]!);
        Assert.Equal(2, (int)most.Json["boxes"]!);
        Assert.Contains("0.85", File(bright, "boxes.csv"), StringComparison.Ordinal);
        // A cell of the network is half as large in pieces half as large.
        Assert.Contains(",4,4,", File(tiled, "boxes.csv"), StringComparison.Ordinal);
        using var dark = new Volume<byte>(new Grid(new Size3(1, 64, 64), new Point3(20, 10, 10)));
        using OperationResult nothing = Run("detect_objects", dark, Model());
        Assert.Contains("Lower box_score", (string)nothing.Json["warnings"]![0]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Floats_need_a_range_and_a_model_of_probabilities_is_refused()
    {
        using var floats = new Volume<float>(new Grid(new Size3(1, 64, 64), new Point3(20, 10, 10)));
        Assert.Contains("em_intensity_range", Assert.Throws<BadInputException>(() => Run("detect_objects", floats, Model())).Message, StringComparison.Ordinal);
        using Volume<byte> image = Dots();
        Assert.Contains("none of YOLOv3", Assert.Throws<ModelException>(() => Run("detect_objects", image, Inference.TestRuntime.Golden("dark.onnx"))).Message, StringComparison.Ordinal);
    }
}
