using System.Globalization;
using System.Text;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>
/// elastix's TransformParameters.txt: lines of (Key values). The map goes from fixed to moving in world coordinates x, y, z. Source: the
/// elastix manual, and transformix 5.0.1, against which the tests run.
/// </summary>
public sealed class ElastixParameters : ITransformFormat
{
    private static readonly string[] Readable = ["AffineTransform", "SimilarityTransform", "EulerTransform", "TranslationTransform"];

    /// <inheritdoc/>
    public string Name => "elastix";

    /// <inheritdoc/>
    public string Title => "elastix TransformParameters";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        double[] rows = Xyz.Rows(source.Affine(Name).Inverse(), source.Unit);
        Grid? grid = source.Fixed;
        if (grid is null) source.Notes.Add("Without the EM (fixed) the file names a grid of one voxel: transformix moves points with it, but to warp an image give the EM.");
        Size3 size = grid is not null && source.FixedSizeKnown ? grid.Size : new Size3(1, 1, 1);
        double[] spacing = Xyz.Point(grid?.Spacing ?? new Point3(source.Unit.Nanometres, source.Unit.Nanometres, source.Unit.Nanometres), source.Unit);
        double[] origin = Xyz.Point(grid?.Origin ?? default, source.Unit);
        var text = new StringBuilder();
        text.Append("// From CLEM-Reg for Fiji. Maps EM (fixed) to fluorescence (moving), x y z, in ").Append(source.Unit.Name).Append(".\n");
        text.Append("(Transform \"AffineTransform\")\n(NumberOfParameters 12)\n(TransformParameters ");
        text.Append(Xyz.Text([rows[0], rows[1], rows[2], rows[4], rows[5], rows[6], rows[8], rows[9], rows[10], rows[3], rows[7], rows[11]], " ")).Append(")\n");
        text.Append("(InitialTransformParametersFileName \"NoInitialTransform\")\n(HowToCombineTransforms \"Compose\")\n(CenterOfRotationPoint 0 0 0)\n\n");
        text.Append("(FixedImageDimension 3)\n(MovingImageDimension 3)\n(FixedInternalImagePixelType \"float\")\n(MovingInternalImagePixelType \"float\")\n");
        text.Append(CultureInfo.InvariantCulture, $"(Size {size.X} {size.Y} {size.Z})\n(Index 0 0 0)\n(Spacing {Xyz.Text(spacing, " ")})\n(Origin {Xyz.Text(origin, " ")})\n");
        text.Append("(Direction 1 0 0 0 1 0 0 0 1)\n(UseDirectionCosines \"true\")\n\n");
        text.Append("(ResampleInterpolator \"FinalBSplineInterpolator\")\n(FinalBSplineInterpolationOrder 1)\n(Resampler \"DefaultResampler\")\n(DefaultPixelValue 0)\n");
        text.Append("(ResultImageFormat \"mhd\")\n(ResultImagePixelType \"float\")\n(CompressResultImage \"false\")\n");
        return OutputFile.Single(text.ToString());
    }

    /// <inheritdoc/>
    public bool Recognises(string text) => text.Contains("(TransformParameters", StringComparison.Ordinal) && text.Contains("(Transform ", StringComparison.Ordinal);

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source)
    {
        Dictionary<string, (int Line, List<string> Values)> keys = Parse(source);
        string type = One("Transform") ?? throw source.Bad("there is no (Transform \"...\"): this is not an elastix TransformParameters file.");
        if (!Readable.Contains(type))
            throw source.Bad(keys["Transform"].Line, $"the transform is a {type}; {string.Join(", ", Readable)} can be read. A deformable transform travels as landmarks: move points with transformix and import them as pairs.");
        foreach (string key in new[] { "InitialTransformParametersFileName", "InitialTransformParameterFileName" })
            if (One(key) is string initial && initial != "NoInitialTransform")
                throw source.Bad(keys[key].Line, $"the transform begins with another one ({initial}), which is not in this file. Run elastix with one transform, or import that file and this one apart and apply one after the other.");
        foreach (string key in new[] { "FixedImageDimension", "MovingImageDimension" })
            if (One(key) is string dimension && dimension != "3") throw source.Bad(keys[key].Line, $"{key} is {dimension}: only 3 can be read.");
        if (keys.TryGetValue("Direction", out (int Line, List<string> Values) direction))
        {
            double[] d = Xyz.Numbers(direction.Values, 9, $"{source.File}, line {direction.Line}, Direction");
            for (int i = 0; i < 9; i++)
                if (Math.Abs(d[i] - (i % 4 == 0 ? 1 : 0)) > 1e-6)
                    throw source.Bad(direction.Line, "the EM image is turned in the world (Direction is not the identity), which a TIFF cannot say. Register images without direction cosines.");
        }
        double[] centre = type == "TranslationTransform" ? [0, 0, 0] : Numbers("CenterOfRotationPoint", 3);
        double[] linear, translation;
        if (type == "AffineTransform")
        {
            double[] p = Numbers("TransformParameters", 12);
            (linear, translation) = (p[..9], p[9..]);
        }
        else if (type == "SimilarityTransform")
        {
            double[] p = Numbers("TransformParameters", 7);
            (linear, translation) = (Xyz.Versor(p[0], p[1], p[2], p[6], source.File), p[3..6]);
        }
        else if (type == "EulerTransform")
        {
            double[] p = Numbers("TransformParameters", 6);
            (linear, translation) = (Xyz.Euler(p[0], p[1], p[2], One("ComputeZYX") == "true"), p[3..]);
        }
        else (linear, translation) = ([1, 0, 0, 0, 1, 0, 0, 0, 1], Numbers("TransformParameters", 3));
        return new ImportedTransform(Xyz.Affine(Xyz.AboutCentre(linear, translation, centre), source.Unit).Inverse());

        string? One(string key) => keys.TryGetValue(key, out (int Line, List<string> Values) found) && found.Values.Count == 1 ? found.Values[0] : null;

        double[] Numbers(string key, int count) => keys.TryGetValue(key, out (int Line, List<string> Values) found)
            ? Xyz.Numbers(found.Values, count, $"{source.File}, line {found.Line}, {key} of a 3-D {type}")
            : throw source.Bad($"there is no ({key} ...).");
    }

    private static Dictionary<string, (int Line, List<string> Values)> Parse(ImportSource source)
    {
        var keys = new Dictionary<string, (int, List<string>)>(StringComparer.Ordinal);
        string[] lines = source.Lines();
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line.StartsWith("//", StringComparison.Ordinal)) continue;
            int end = line.LastIndexOf(')');
            if (line[0] != '(' || end < 0) throw source.Bad(i + 1, $"'{Xyz.Short(line)}' is not of the form (Key values).");
            // Words in quotes may hold blanks.
            List<string> words = [.. CsvRow.Split(line[1..end].Replace('\t', ' '), ' ').Where(w => w.Length > 0)];
            if (words.Count == 0 || !keys.TryAdd(words[0], (i + 1, words[1..]))) throw source.Bad(i + 1, words.Count == 0 ? "an empty entry." : $"{words[0]} is given twice.");
        }
        return keys;
    }
}
