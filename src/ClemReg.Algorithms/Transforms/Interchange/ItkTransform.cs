using System.Text;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>
/// ITK's text transform file (.tfm, .txt): one transform with its parameters, from fixed to moving, world coordinates x, y, z. Source: ITK
/// 5, TxtTransformIO and the transforms' GetParameters; checked by reading the files with ITK 5.2.
/// </summary>
public sealed class ItkTransform : ITransformFormat
{
    private const string Header = "#Insight Transform File V1.0";

    /// <inheritdoc/>
    public string Name => "itk";

    /// <inheritdoc/>
    public string Title => "ITK transform (.tfm)";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        double[] r = Xyz.Rows(source.Affine(Name).Inverse(), source.Unit);
        return OutputFile.Single(new StringBuilder(Header).Append("\n#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: ")
            .Append(Xyz.Text([r[0], r[1], r[2], r[4], r[5], r[6], r[8], r[9], r[10], r[3], r[7], r[11]], " ")).Append("\nFixedParameters: 0 0 0\n").ToString());
    }

    /// <inheritdoc/>
    public bool Recognises(string text) => text.TrimStart('\uFEFF').StartsWith("#Insight Transform File", StringComparison.Ordinal);

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source)
    {
        if (!Recognises(source.Text)) throw source.Bad(1, $"the file must begin with {Header}. Binary (.h5, .mat) transforms cannot be read: save it as .tfm.");
        string[] lines = source.Lines();
        string? type = null, parameters = null, fixedParameters = null;
        int line = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            int colon = lines[i].IndexOf(':', StringComparison.Ordinal);
            if (lines[i].StartsWith('#') || lines[i].Trim().Length == 0) continue;
            if (colon < 0) throw source.Bad(i + 1, $"'{Xyz.Short(lines[i])}' is not of the form Key: values.");
            string key = lines[i][..colon].Trim(), value = lines[i][(colon + 1)..].Trim();
            if (key == "Transform")
            {
                if (type is not null)
                    throw source.Bad(i + 1, $"the file holds more than one transform ({type} and {value}). Save a single one: in Slicer harden or merge the chain first.");
                (type, line) = (value, i + 1);
            }
            else if (key == "Parameters") parameters = value;
            else if (key == "FixedParameters") fixedParameters = value;
        }
        if (type is null) throw source.Bad("there is no Transform: line.");
        string[] parts = type.Split('_');
        if (parts.Length == 4 && (parts[2] != "3" || parts[3] != "3")) throw source.Bad(line, $"{type} is not a transform of three dimensions.");
        double[] linear, translation;
        double[] centre = [0, 0, 0];
        switch (parts[0])
        {
            case "AffineTransform" or "MatrixOffsetTransformBase":
                double[] a = Values(parameters, 12, "Parameters");
                (linear, translation, centre) = (a[..9], a[9..], Values(fixedParameters, 3, "FixedParameters"));
                break;
            case "VersorRigid3DTransform":
                double[] v = Values(parameters, 6, "Parameters");
                (linear, translation, centre) = (Xyz.Versor(v[0], v[1], v[2], 1, source.File), v[3..], Values(fixedParameters, 3, "FixedParameters"));
                break;
            case "Similarity3DTransform":
                double[] s = Values(parameters, 7, "Parameters");
                (linear, translation, centre) = (Xyz.Versor(s[0], s[1], s[2], s[6], source.File), s[3..6], Values(fixedParameters, 3, "FixedParameters"));
                break;
            case "Euler3DTransform":
                double[] e = Values(parameters, 6, "Parameters");
                // Newer files end with whether the rotations are made in the order z, y, x.
                double[] f = Values(fixedParameters, Words(fixedParameters).Length == 4 ? 4 : 3, "FixedParameters");
                (linear, translation, centre) = (Xyz.Euler(e[0], e[1], e[2], f.Length == 4 && f[3] != 0), e[3..], f[..3]);
                break;
            case "TranslationTransform":
                (linear, translation) = ([1, 0, 0, 0, 1, 0, 0, 0, 1], Values(parameters, 3, "Parameters"));
                break;
            default:
                throw source.Bad(line, $"{type} cannot be read; AffineTransform, MatrixOffsetTransformBase, Similarity3DTransform, VersorRigid3DTransform, Euler3DTransform and TranslationTransform can.");
        }
        return new ImportedTransform(Xyz.Affine(Xyz.AboutCentre(linear, translation, centre), source.Unit).Inverse());

        double[] Values(string? text, int count, string key) => text is null
            ? throw source.Bad($"there is no {key}: line.")
            : Xyz.Numbers(Words(text), count, $"{source.File}, {key} of {type}");
    }

    private static string[] Words(string? text) => (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
