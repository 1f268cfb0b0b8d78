using System.Globalization;
using System.Text;
using ClemReg.Algorithms.Detection;
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
    /// <summary>An object counts in a piece of a slice if this part of its box lies there.</summary>
    private const double LeastPart = 0.5;

    /// <summary>Writes.</summary>
    /// <param name="image">The stack; only annotated slices are read.</param>
    /// <param name="low">The intensity that is black.</param>
    /// <param name="high">The one that is white.</param>
    /// <param name="stem">What pictures are called, before the slice's number.</param>
    /// <param name="classes">The classes' names.</param>
    /// <param name="slices">The slices, from 0, their use and their boxes.</param>
    /// <param name="kinds">Which files.</param>
    /// <param name="tiles">The pieces into which each slice is cut; one, the whole slice, where it is not.</param>
    /// <param name="networks">Rows and columns of the networks' input, and their anchors; null: the published ones.</param>
    /// <param name="folder">Where.</param>
    /// <param name="job">Cancellation, progress.</param>
    public static void Write(ISliceSource image, double low, double high, string stem, IReadOnlyList<string> classes, IReadOnlyList<(int Slice, SliceUse Use, IReadOnlyList<DetectedBox> Boxes)> slices,
        DatasetKinds kinds, IReadOnlyList<SliceTile> tiles, (int Side, IReadOnlyList<BoxSize>? Anchors, IReadOnlyList<BoxSize>? TinyAnchors) networks, ResultFolder folder, Job job)
    {
        Size3 size = image.Grid.Size;
        var read = new FloatSlices(image);
        var grey = new byte[size.SliceCount];
        var part = new byte[tiles[0].Height * tiles[0].Width];
        string digits = "D" + Math.Max(4, size.Z.ToString(CultureInfo.InvariantCulture).Length);
        var lists = new SortedDictionary<SliceUse, StringBuilder>();
        for (int i = 0; i < slices.Count; i++)
        {
            (int slice, SliceUse use, IReadOnlyList<DetectedBox> boxes) = slices[i];
            string name = $"{DatasetLayout.Folder(use)}/{stem}_z{(slice + 1).ToString(digits, CultureInfo.InvariantCulture)}";
            Grey(read.ReadFinite(slice, job), low, high, grey);
            if (!lists.TryGetValue(use, out StringBuilder? list)) lists[use] = list = new StringBuilder();
            foreach (SliceTile tile in tiles)
            {
                string own = tiles.Count > 1 ? name + DatasetLayout.Piece(tile) : name, picture = $"images/{own}.png";
                for (int y = 0; y < tile.Height; y++) grey.AsSpan((tile.Y + y) * size.X + tile.X, tile.Width).CopyTo(part.AsSpan(y * tile.Width));
                byte[] png = PngWriter.Write(part, tile.Width, tile.Height, 1);
                folder.Write(picture, stream => stream.Write(png));
                string labels = YoloLabels.Write(Within(boxes, tile), tile.Height, tile.Width);
                if (kinds.HasFlag(DatasetKinds.Darknet)) Text($"images/{own}.txt", labels);
                if (kinds.HasFlag(DatasetKinds.Ultralytics)) Text($"labels/{own}.txt", labels);
                list.Append(picture).Append('\n');
            }
            job.Report((i + 1.0) / slices.Count);
        }
        Text(DatasetLayout.Names, string.Concat(classes.Select(c => c + "\n")));
        if (tiles.Count > 1)
        {
            // Boxes are cut at the pieces' ends: here they are whole.
            Text(ObjectBoxFolder.BoxesFile, ObjectBoxTable.Write(new ObjectBoxes(classes, [.. slices.SelectMany(s => s.Boxes.Select(b => new SliceBox(s.Slice, b)))])));
            Text(ObjectBoxFolder.SlicesFile, ObjectBoxTable.WriteSlices(slices.Select(s => (s.Slice, true))));
        }
        // Without slices for validation the programs want some nevertheless.
        bool validated = lists.ContainsKey(SliceUse.Validation);
        if (kinds.HasFlag(DatasetKinds.Darknet))
        {
            foreach ((SliceUse use, StringBuilder list) in lists) Text(DatasetLayout.List(use), list.ToString());
            Text(DatasetLayout.Data, $"classes = {classes.Count}\ntrain = {DatasetLayout.List(SliceUse.Train)}\nvalid = {DatasetLayout.List(validated ? SliceUse.Validation : SliceUse.Train)}\nnames = {DatasetLayout.Names}\nbackup = backup\n");
            Text("backup/README.txt", "Darknet puts the weights here that it trains.\n");
            Text("yolov4.cfg", DarknetTemplate.YoloV4(classes.Count, networks.Side, networks.Anchors));
            Text("yolov4-tiny.cfg", DarknetTemplate.YoloV4Tiny(classes.Count, networks.Side, networks.TinyAnchors));
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

    /// <summary>The boxes of which enough lies in a piece, in the piece's pixels, cut at its ends.</summary>
    internal static IEnumerable<DetectedBox> Within(IEnumerable<DetectedBox> boxes, SliceTile tile)
    {
        foreach (DetectedBox box in boxes)
        {
            DetectedBox cut = box with
            {
                Left = Math.Max(0, box.Left - tile.X),
                Right = Math.Min(tile.Width, box.Right - tile.X),
                Top = Math.Max(0, box.Top - tile.Y),
                Bottom = Math.Min(tile.Height, box.Bottom - tile.Y),
            };
            if (cut.Right > cut.Left && cut.Bottom > cut.Top && cut.Area >= LeastPart * box.Area) yield return cut;
        }
    }

    /// <summary>0 to 255 as the network sees 0 to 1: the same as detect_objects gives it, rounded to 8 bits.</summary>
    internal static void Grey(ReadOnlySpan<float> slice, double low, double high, Span<byte> grey)
    {
        var (least, factor) = ((float)low, (float)(1 / (high - low)));
        for (int i = 0; i < slice.Length; i++) grey[i] = (byte)MathF.Round(255 * Math.Clamp((slice[i] - least) * factor, 0, 1));
    }
}
