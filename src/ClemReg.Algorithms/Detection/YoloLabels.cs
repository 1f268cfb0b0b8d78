using System.Globalization;
using System.Text;
using ClemReg.Algorithms.Transforms.Interchange;

namespace ClemReg.Algorithms.Detection;

/// <summary>
/// The text file of boxes beside an image, as YOLO_mark, Darknet and Ultralytics have it: a line an object, class cx cy w h, relative to the image's size, 6 decimals;
/// an empty file for an image without objects.
/// </summary>
public static class YoloLabels
{
    /// <summary>Writes. Boxes are cut at the image's ends; what is empty then is left out.</summary>
    /// <param name="boxes">In pixels of the image.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of it.</param>
    /// <param name="scores">Whether the score follows as a sixth number, as in predictions of Ultralytics.</param>
    public static string Write(IEnumerable<DetectedBox> boxes, int height, int width, bool scores = false)
    {
        var text = new StringBuilder();
        foreach (DetectedBox box in boxes)
        {
            double left = Math.Clamp(box.Left, 0, width), right = Math.Clamp(box.Right, 0, width), top = Math.Clamp(box.Top, 0, height), bottom = Math.Clamp(box.Bottom, 0, height);
            if (right <= left || bottom <= top) continue;
            text.Append(CultureInfo.InvariantCulture, $"{box.Class} {(left + right) / 2 / width:F6} {(top + bottom) / 2 / height:F6} {(right - left) / width:F6} {(bottom - top) / height:F6}");
            if (scores) text.Append(CultureInfo.InvariantCulture, $" {box.Score:F6}");
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Reads. Lines of a class below 0 are passed over, a sixth number is the score.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of it.</param>
    /// <param name="classes">How many classes there are; 0: any.</param>
    /// <exception cref="BadInputException">A line is no box; the message names it.</exception>
    public static IReadOnlyList<DetectedBox> Read(string text, int height, int width, int classes)
    {
        var boxes = new List<DetectedBox>();
        string[] lines = text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            if (words.Length is not (5 or 6)) throw Bad($"{words.Length} values, where 5 are needed: class cx cy w h (and perhaps a score)");
            if (!int.TryParse(words[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)) throw Bad($"the class '{Xyz.Short(words[0])}' is no whole number");
            if (number < 0) continue;
            if (classes > 0 && number >= classes) throw Bad($"class {number}, but {classes} classes are named (0 to {classes - 1})");
            var v = new double[5];
            v[4] = 1;
            for (int k = 1; k < words.Length; k++)
                if (!Xyz.TryNumber(words[k], out v[k - 1])) throw Bad($"'{Xyz.Short(words[k])}' is no number");
            if (!(v[0] is >= 0 and <= 1 && v[1] is >= 0 and <= 1 && v[2] is > 0 and <= 1 && v[3] is > 0 and <= 1))
                throw Bad("centre and sides must be shares of the image's size, 0 to 1 (sides above 0), not pixels");
            if (!(v[4] is >= 0 and <= 1)) throw Bad($"the score {v[4].ToString(CultureInfo.InvariantCulture)} is not from 0 to 1");
            boxes.Add(DetectedBox.Centred(number, v[4], v[0] * width, v[1] * height, v[2] * width, v[3] * height));

            BadInputException Bad(string what) => new($"line {i + 1}: {what}.");
        }
        return boxes;
    }
}
