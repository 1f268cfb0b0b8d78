using System.Globalization;
using System.Text;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Datasets;

/// <summary>Which files a dataset gets.</summary>
[Flags]
public enum DatasetKinds
{
    /// <summary>For Darknet: texts beside the pictures, obj.data, train.txt, valid.txt, yolov4.cfg, yolov4-tiny.cfg.</summary>
    Darknet = 1,
    /// <summary>For Ultralytics: texts in labels, dataset.yaml.</summary>
    Ultralytics = 2,
}

/// <summary>
/// Writes annotated slices as a dataset for YOLO networks: pictures of 8 bits in images/train, images/val and images/test, obj.names, and what Darknet and Ultralytics want besides. Both find their
/// files wherever the folder is moved.
/// </summary>
internal static class DatasetWriter
{
    /// <summary>Writes.</summary>
    /// <param name="image">The stack; only annotated slices are read.</param>
    /// <param name="low">The intensity that is black.</param>
    /// <param name="high">The one that is white.</param>
    /// <param name="stem">What pictures are called, before the slice's number.</param>
    /// <param name="classes">The classes' names.</param>
    /// <param name="slices">The slices, from 0, their use and their boxes.</param>
    /// <param name="kinds">Which files.</param>
    /// <param name="side">Rows and columns of the networks' input.</param>
    /// <param name="folder">Where.</param>
    /// <param name="job">Cancellation, progress.</param>
    public static void Write(ISliceSource image, double low, double high, string stem, IReadOnlyList<string> classes, IReadOnlyList<(int Slice, SliceUse Use, IReadOnlyList<DetectedBox> Boxes)> slices,
        DatasetKinds kinds, int side, MeshFolder folder, Job job)
    {
        Size3 size = image.Grid.Size;
        var read = new FloatSlices(image);
        var grey = new byte[size.SliceCount];
        string digits = "D" + Math.Max(4, size.Z.ToString(CultureInfo.InvariantCulture).Length);
        var lists = new SortedDictionary<SliceUse, StringBuilder>();
        for (int i = 0; i < slices.Count; i++)
        {
            (int slice, SliceUse use, IReadOnlyList<DetectedBox> boxes) = slices[i];
            string name = $"{DatasetLayout.Folder(use)}/{stem}_z{(slice + 1).ToString(digits, CultureInfo.InvariantCulture)}", picture = $"images/{name}.png";
            Grey(read.ReadFinite(slice, job), low, high, grey);
            byte[] png = PngWriter.Write(grey, size.X, size.Y, 1);
            folder.Write(picture, stream => stream.Write(png));
            string labels = YoloLabels.Write(boxes, size.Y, size.X);
            if (kinds.HasFlag(DatasetKinds.Darknet)) Text($"images/{name}.txt", labels);
            if (kinds.HasFlag(DatasetKinds.Ultralytics)) Text($"labels/{name}.txt", labels);
            if (!lists.TryGetValue(use, out StringBuilder? list)) lists[use] = list = new StringBuilder();
            list.Append(picture).Append('\n');
            job.Report((i + 1.0) / slices.Count);
        }
        Text(DatasetLayout.Names, string.Concat(classes.Select(c => c + "\n")));
        // Without slices for validation the programs want some nevertheless.
        bool validated = lists.ContainsKey(SliceUse.Validation);
        if (kinds.HasFlag(DatasetKinds.Darknet))
        {
            foreach ((SliceUse use, StringBuilder list) in lists) Text(DatasetLayout.List(use), list.ToString());
            Text(DatasetLayout.Data, $"classes = {classes.Count}\ntrain = {DatasetLayout.List(SliceUse.Train)}\nvalid = {DatasetLayout.List(validated ? SliceUse.Validation : SliceUse.Train)}\nnames = {DatasetLayout.Names}\nbackup = backup\n");
            Text("backup/README.txt", "Darknet puts the weights here that it trains.\n");
            Text("yolov4.cfg", DarknetTemplate.YoloV4(classes.Count, side));
            Text("yolov4-tiny.cfg", DarknetTemplate.YoloV4Tiny(classes.Count, side));
        }
        if (kinds.HasFlag(DatasetKinds.Ultralytics))
        {
            var yaml = new StringBuilder("# For Ultralytics' YOLO. Slices near each other are on one side of the division only.\n");
            yaml.Append("train: images/train\n").Append("val: images/").Append(validated ? "val" : "train").Append('\n');
            if (lists.ContainsKey(SliceUse.Test)) yaml.Append("test: images/test\n");
            yaml.Append(CultureInfo.InvariantCulture, $"nc: {classes.Count}\nnames:\n");
            for (int c = 0; c < classes.Count; c++) yaml.Append(CultureInfo.InvariantCulture, $"  {c}: {DatasetYaml.Quote(classes[c])}\n");
            Text(DatasetLayout.Yaml, yaml.ToString());
        }

        void Text(string name, string text) => folder.Write(name, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>0 to 255 as the network sees 0 to 1: the same as detect_objects gives it, rounded to 8 bits.</summary>
    internal static void Grey(ReadOnlySpan<float> slice, double low, double high, Span<byte> grey)
    {
        var (least, factor) = ((float)low, (float)(1 / (high - low)));
        for (int i = 0; i < slice.Length; i++) grey[i] = (byte)MathF.Round(255 * Math.Clamp((slice[i] - least) * factor, 0, 1));
    }
}
