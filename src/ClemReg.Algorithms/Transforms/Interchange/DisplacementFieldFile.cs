using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>Our own transform.json with the transform as displacements on a grid over the fluorescence: for programs that have no splines.</summary>
public sealed class DisplacementFieldFile : ITransformFormat
{
    private const long MostNodes = 4_000_000;

    /// <inheritdoc/>
    public string Name => "displacement_field";

    /// <inheritdoc/>
    public string Title => "transform.json of this plugin, as a displacement field";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        if (source.Moving is not { } moving || !source.MovingSizeKnown)
            throw new BadInputException("A displacement field lies on a grid over the fluorescence, whose extent is not known. Give the image as moving.");
        double step = source.FieldSpacingNm;
        var size = new Size3(Nodes(moving.Size.Z, moving.Spacing.Z), Nodes(moving.Size.Y, moving.Spacing.Y), Nodes(moving.Size.X, moving.Spacing.X));
        if (size.Count > MostNodes)
            throw BadInputException.ForParameter("field_spacing", step, $"so large that the field has at most {MostNodes} nodes; it would have {size.Count}");
        var nodes = new Grid(size, new Point3(step, step, step), moving.Origin);
        DisplacementField field = DisplacementField.Sample(source.Transform, nodes, source.Job);
        (double rms, double maximum) = Error(field, source.Transform, source.Job);
        source.FieldError = (rms, maximum);
        source.Notes.Add(string.Create(CultureInfo.InvariantCulture,
            $"A field of {size} nodes, {step:G6} nm apart; in the middle between them it is off by {rms:G3} nm RMS, {maximum:G3} nm at most. Beyond the fluorescence it is constant."));
        JsonObject file = TransformFile.Write(field, TransformFile.MovingToFixed);
        file["field_error"] = new JsonObject { ["rms_nm"] = rms, ["maximum_nm"] = maximum };
        return OutputFile.Single(file.ToJsonString(NgffAffine.JsonOptions) + "\n");

        int Nodes(int voxels, double spacing) => (int)Math.Min(MostNodes + 1, Math.Max(1, Math.Ceiling((voxels - 1) * spacing / step - 1e-9)) + 1);
    }

    /// <summary>The distances in the cells' middles, where linear interpolation is farthest from what it stands for.</summary>
    private static (double Rms, double Maximum) Error(DisplacementField field, SpatialTransform transform, Job job)
    {
        (int nz, int ny, int nx) = field.Nodes.Size;
        var rows = new (double Sum, double Maximum)[(nz - 1) * (ny - 1)];
        job.For(rows.Length, () => (new Point3[nx - 1], new Point3[nx - 1]), (row, scratch) =>
        {
            (Point3[] points, Point3[] images) = scratch;
            for (int x = 0; x < points.Length; x++) points[x] = field.Nodes.ToPhysical(row / (ny - 1) + 0.5, row % (ny - 1) + 0.5, x + 0.5);
            transform.Apply(points, images);
            for (int x = 0; x < points.Length; x++)
            {
                double e = (field.Apply(points[x]) - images[x]).Length;
                rows[row].Sum += e * e;
                rows[row].Maximum = Math.Max(rows[row].Maximum, e);
            }
        });
        return (Math.Sqrt(rows.Sum(r => r.Sum) / ((double)rows.Length * (nx - 1))), rows.Max(r => r.Maximum));
    }

    /// <inheritdoc/>
    public bool Recognises(string text) => TransformFile.Recognises(text);

    /// <inheritdoc/>
    public bool CanRead => false;

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source) => throw source.Bad("this is a transform.json of this plugin; it needs no import. Use it as it is.");
}
