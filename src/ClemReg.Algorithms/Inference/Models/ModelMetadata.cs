namespace ClemReg.Algorithms.Inference.Models;

/// <summary>The keys of the texts that converted models carry (<see cref="ModelDescription.Metadata"/>).</summary>
public static class ModelMetadata
{
    /// <summary>What the model is: <see cref="PanopticDeepLab"/> or <see cref="PointHead"/>.</summary>
    public const string Kind = "clemreg.kind";

    /// <summary>A value of <see cref="Kind"/>: MitoNet's network.</summary>
    public const string PanopticDeepLab = "panoptic_deeplab";

    /// <summary>A value of <see cref="Kind"/>: the point head that belongs to a dense graph.</summary>
    public const string PointHead = "point_head";

    /// <summary>A value of <see cref="Kind"/>: a network of Darknet that finds boxes.</summary>
    public const string Yolo = "yolo";

    /// <summary>How a network that finds boxes wants images to be brought to its input.</summary>
    public const string Resize = "clemreg.resize";

    /// <summary>The power of the centres' distance by which Darknet suppresses overlapping boxes; not there for plain intersection over union.</summary>
    public const string Beta = "clemreg.beta_nms";

    /// <summary>full: from the image to the results; dense: without PointRend.</summary>
    public const string Graph = "clemreg.graph";

    /// <summary>How the weights are stored: float32, float16 or int8.</summary>
    public const string Weights = "clemreg.weights";

    /// <summary>The mean of the training images' grey values, 0 to 1.</summary>
    public const string Mean = "clemreg.mean";

    /// <summary>Their standard deviation, 0 to 1.</summary>
    public const string StandardDeviation = "clemreg.std";

    /// <summary>Image sizes must be multiples of this.</summary>
    public const string PaddingFactor = "clemreg.padding_factor";

    /// <summary>How many points PointRend predicts anew in each step.</summary>
    public const string Points = "clemreg.subdivision_num_points";

    /// <summary>The classes' names by number, as JSON: {"1":"mito"}.</summary>
    public const string ClassNames = "clemreg.class_names";

    /// <summary>What made the file, with its version.</summary>
    public const string Converter = "clemreg.converter";

    /// <summary>The name of the file that it was made from.</summary>
    public const string SourceFile = "clemreg.source_file";

    /// <summary>The SHA-256 of that file, in lower-case hexadecimal.</summary>
    public const string SourceSha256 = "clemreg.source_sha256";
}
