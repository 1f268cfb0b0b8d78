using System.Globalization;
using System.Text.RegularExpressions;
using ClemReg.Algorithms.Detection;

namespace ClemReg.Algorithms.Datasets;

/// <summary>The names that a dataset's files have.</summary>
internal static partial class DatasetLayout
{
    public const string Yaml = "dataset.yaml", Data = "obj.data", Names = "obj.names", Report = "dataset.json";

    /// <summary>The folders of pictures and labels by use, as Ultralytics calls them.</summary>
    public static string Folder(SliceUse use) => use switch { SliceUse.Train => "train", SliceUse.Validation => "val", _ => "test" };

    /// <summary>Darknet's lists of pictures by use.</summary>
    public static string List(SliceUse use) => use switch { SliceUse.Train => "train.txt", SliceUse.Validation => "valid.txt", _ => "test.txt" };

    /// <summary>What a picture of a piece of a slice is called after the slice's name.</summary>
    public static string Piece(SliceTile tile) => string.Create(CultureInfo.InvariantCulture, $"_y{tile.Y:D5}_x{tile.X:D5}");

    /// <summary>Whether a picture's name, without extension, is that of a piece.</summary>
    public static bool IsPiece(string stem) => PieceName().IsMatch(stem);

    [GeneratedRegex(@"_z\d{1,8}_y\d{5,8}_x\d{5,8}$")]
    private static partial Regex PieceName();
}
