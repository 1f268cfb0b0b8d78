using System.Globalization;
using System.Xml.Linq;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>
/// ec-CLEM's (Icy) XML: the homogeneous matrix from source to target in micrometres, and the landmarks it comes from. Icy's physical
/// coordinates are pixel times pixel size, so the origins of the images are taken out. Source: ec-CLEM 2, XmlTransformationWriter and
/// TransformationToXmlFileWriter.
/// </summary>
public sealed class EcClemXml : ITransformFormat
{
    private static readonly LengthUnit Unit = LengthUnit.Micrometre;

    /// <inheritdoc/>
    public string Name => "ec_clem_xml";

    /// <inheritdoc/>
    public string Title => "ec-CLEM transformation (XML)";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        EcClem.RequireMicrometres(source.Unit, Name);
        bool affine = source.Transform is AffineTransform || source.AffineApproximation;
        var root = new XElement("root");
        if (affine)
        {
            double[] rows = Xyz.Rows(EcClem.BetweenPixels(source.Affine(Name), source.Moving, source.Fixed), Unit);
            var matrix = new XElement("MatrixTransformation");
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++)
                    matrix.Add(new XAttribute($"m{i}{j}", i < 3 ? Xyz.Text(rows[i * 4 + j]) : j == 3 ? "1" : "0"));
            root.Add(matrix);
        }
        if (!source.MovingSizeKnown || !source.FixedSizeKnown)
            source.Notes.Add("ec-CLEM's file names the size and pixel size of both images; where an image is not given (moving, fixed) 1 pixel of 1 um stands in its place.");
        IReadOnlyList<LandmarkPair> pairs = source.Pairs;
        root.Add(new XElement("transformation", new XAttribute("type", affine ? "AFFINE" : "SPLINE"), new XAttribute("noiseModel", "ISOTROPIC"),
            Sequence(source.Moving, "source"), Sequence(source.Fixed, "target"),
            new XElement("sequenceFileName", new XAttribute("type", "source"), source.MovingName), new XElement("sequenceFileName", new XAttribute("type", "target"), source.FixedName),
            Dataset("source", pairs.Select(p => p.Moving - (source.Moving?.Origin ?? default))), Dataset("target", pairs.Select(p => p.Fixed - (source.Fixed?.Origin ?? default)))));
        return OutputFile.Single(XmlFile.Text(root));
    }

    private static XElement Sequence(Grid? grid, string type)
    {
        double[] spacing = grid is null ? [1, 1, 1] : Xyz.Point(grid.Spacing, Unit);
        int[] size = grid is null ? [1, 1, 1] : [grid.Size.X, grid.Size.Y, grid.Size.Z];
        var element = new XElement("sequenceSize", new XAttribute("dimension", 3), new XAttribute("type", type));
        for (int a = 0; a < 3; a++)
            element.Add(new XElement("dimensionSize", new XAttribute("name", "XYZ"[a]), new XAttribute("pixelSize", Xyz.Text(spacing[a])), size[a]));
        return element;
    }

    private static XElement Dataset(string type, IEnumerable<Point3> points)
    {
        var element = new XElement("dataset", new XAttribute("type", type));
        int n = 0;
        foreach (Point3 p in points)
        {
            var point = new XElement("point", new XAttribute("id", n++));
            double[] xyz = Xyz.Point(p, Unit);
            for (int a = 0; a < 3; a++) point.Add(new XElement("coordinate", new XAttribute("dimension", a), Xyz.Text(xyz[a])));
            element.Add(point);
        }
        element.Add(new XAttribute("n", n), new XAttribute("dimension", 3), new XAttribute("pointType", "FIDUCIAL"));
        return element;
    }

    /// <inheritdoc/>
    public bool Recognises(string text) =>
        text.Contains("<MatrixTransformation", StringComparison.Ordinal) || (text.Contains("<transformation", StringComparison.Ordinal) && text.Contains("<dataset", StringComparison.Ordinal));

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source)
    {
        XElement root = XmlFile.Parse(source, "root");
        List<XElement> matrices = [.. root.Elements("MatrixTransformation")];
        if (matrices.Count > 1)
            throw source.Bad($"there are {matrices.Count} MatrixTransformation elements, one after the other. Save the final transformation alone in ec-CLEM.");
        if (matrices.Count == 1)
        {
            var numbers = new double[16];
            for (int i = 0; i < 16; i++)
            {
                string key = string.Create(CultureInfo.InvariantCulture, $"m{i / 4}{i % 4}");
                string text = (string?)matrices[0].Attribute(key)
                    ?? throw new BadInputException($"{XmlFile.Where(source, matrices[0])}: there is no {key}. A matrix of two dimensions (3 x 3) does not determine a transform of volumes.");
                if (!Xyz.TryNumber(text, out numbers[i])) throw new BadInputException($"{XmlFile.Where(source, matrices[0])}: {key} = '{Xyz.Short(text)}' is not a number.");
            }
            return new ImportedTransform(EcClem.Physical(source, numbers));
        }
        XElement transformation = root.Element("transformation") ?? throw source.Bad("there is neither a MatrixTransformation nor a transformation.");
        List<XElement> datasets = [.. transformation.Elements("dataset")];
        List<Point3> from = Points("source"), to = Points("target");
        if (from.Count != to.Count) throw source.Bad($"{from.Count} source and {to.Count} target points: there must be as many of each.");
        string? fit = ((string?)transformation.Attribute("type"))?.ToUpperInvariant() switch
        {
            "RIGID" => "rigid",
            "SIMILARITY" => "similarity",
            "AFFINE" => "affine",
            "SPLINE" => "thin_plate_spline",
            _ => null,
        };
        Point3 movingOrigin = source.Moving?.Origin ?? default, fixedOrigin = source.Fixed?.Origin ?? default;
        return new ImportedTransform(null,
            [.. from.Select((p, i) => new LandmarkPair("Pt-" + i.ToString(CultureInfo.InvariantCulture), p + movingOrigin, to[i] + fixedOrigin))], fit);

        List<Point3> Points(string type)
        {
            XElement dataset = datasets.FirstOrDefault(d => (string?)d.Attribute("type") == type) ?? throw source.Bad($"the transformation has no dataset of type {type}.");
            var points = new List<Point3>();
            foreach (XElement point in dataset.Elements("point"))
            {
                List<XElement> coordinates = [.. point.Elements("coordinate")];
                if (coordinates.Count != 3) throw new BadInputException($"{XmlFile.Where(source, point)}: {coordinates.Count} coordinates, where 3 are needed.");
                var xyz = new double[3];
                foreach (XElement c in coordinates)
                {
                    if (!int.TryParse((string?)c.Attribute("dimension"), out int axis) || axis is < 0 or > 2) throw new BadInputException($"{XmlFile.Where(source, c)}: dimension must be 0, 1 or 2.");
                    xyz[axis] = XmlFile.Numbers(source, c, 1)[0];
                }
                points.Add(Xyz.Point(xyz, Unit));
            }
            return points;
        }
    }
}

/// <summary>ec-CLEM's CSV of the homogeneous matrix: four lines of four numbers, source to target, x, y, z, micrometres.</summary>
public sealed class EcClemCsv : ITransformFormat
{
    /// <inheritdoc/>
    public string Name => "ec_clem_csv";

    /// <inheritdoc/>
    public string Title => "ec-CLEM matrix (CSV)";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        EcClem.RequireMicrometres(source.Unit, Name);
        double[] r = Xyz.Rows(EcClem.BetweenPixels(source.Affine(Name), source.Moving, source.Fixed), LengthUnit.Micrometre);
        return OutputFile.Single(Xyz.Text(r[..4], ",") + "\n" + Xyz.Text(r[4..8], ",") + "\n" + Xyz.Text(r[8..], ",") + "\n0,0,0,1\n");
    }

    /// <inheritdoc/>
    public bool Recognises(string text)
    {
        string[] lines = [.. text.TrimStart('\uFEFF').Split('\n').Where(l => l.Trim().Length > 0)];
        return lines.Length == 4 && lines.All(l => CsvRow.Split(l.TrimEnd('\r')) is { Count: 4 } cells && cells.All(c => Xyz.TryNumber(c, out _)));
    }

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source)
    {
        var numbers = new List<double>();
        string[] lines = source.Lines();
        for (int i = 0; i < lines.Length; i++)
            if (lines[i].Trim().Length > 0) numbers.AddRange(Xyz.Numbers(CsvRow.Split(lines[i]), 4, $"{source.File}, line {i + 1}"));
        if (numbers.Count != 16) throw source.Bad($"{numbers.Count / 4} lines of 4 numbers, where 4 are needed: the homogeneous matrix of a transform of volumes.");
        return new ImportedTransform(EcClem.Physical(source, [.. numbers]));
    }
}

/// <summary>What ec-CLEM's two files have in common.</summary>
internal static class EcClem
{
    /// <summary>The map between pixel * pixel size of both images: without their origins.</summary>
    public static AffineTransform BetweenPixels(AffineTransform transform, Grid? moving, Grid? fixedGrid) =>
        Shift(moving?.Origin ?? default).Then(transform).Then(Shift(-1 * (fixedGrid?.Origin ?? default)));

    /// <summary>The map of physical coordinates from the 16 numbers of the file.</summary>
    public static AffineTransform Physical(ImportSource source, double[] numbers)
    {
        if (numbers[12] != 0 || numbers[13] != 0 || numbers[14] != 0 || numbers[15] != 1) throw source.Bad("the last row of the matrix must be 0 0 0 1.");
        return Shift(-1 * (source.Moving?.Origin ?? default)).Then(Xyz.Affine(numbers.AsSpan(0, 12), LengthUnit.Micrometre)).Then(Shift(source.Fixed?.Origin ?? default));
    }

    /// <summary>ec-CLEM knows micrometres only.</summary>
    public static void RequireMicrometres(LengthUnit unit, string format)
    {
        if (unit != LengthUnit.Micrometre) throw BadInputException.ForParameter("unit", unit.Name, $"um for {format}", "ec-CLEM counts in micrometres.");
    }

    private static AffineTransform Shift(Point3 by) => new([1, 0, 0, by.Z, 0, 1, 0, by.Y, 0, 0, 1, by.X]);
}
