namespace ClemReg.Algorithms.Datasets;

/// <summary>The names that a dataset's files have.</summary>
internal static class DatasetLayout
{
    public const string Yaml = "dataset.yaml", Data = "obj.data", Names = "obj.names", Report = "dataset.json";

    /// <summary>The folders of pictures and labels by use, as Ultralytics calls them.</summary>
    public static string Folder(SliceUse use) => use switch { SliceUse.Train => "train", SliceUse.Validation => "val", _ => "test" };

    /// <summary>Darknet's lists of pictures by use.</summary>
    public static string List(SliceUse use) => use switch { SliceUse.Train => "train.txt", SliceUse.Validation => "valid.txt", _ => "test.txt" };
}
