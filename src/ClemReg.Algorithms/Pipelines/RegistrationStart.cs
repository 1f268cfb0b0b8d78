using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Where a registration starts from: a transform of our own, one of another tool, or landmark pairs.</summary>
internal static class RegistrationStart
{
    private const string Name = "registration_start";

    /// <summary>The input of the operations that register.</summary>
    public static Port Port { get; } = new(Name, PortKind.Text,
        "Where the registration starts from, fluorescence to EM: the transform.json of a rigid, similarity or affine one, landmark pairs (a CSV or JSON of BigWarp, an XML of ec-CLEM, a table), or a transform of another tool.",
        Required: false);

    /// <summary>Reads it; null where there is none.</summary>
    /// <param name="request">The request, with the parameters of <see cref="P.ForRegistration"/>.</param>
    /// <param name="moving">The fluorescence's grid, for files that count from its pixels; null where it is not known.</param>
    /// <param name="fixedGrid">The EM's grid, likewise.</param>
    /// <param name="job">Hears what was read.</param>
    /// <exception cref="BadInputException">No such file, a deformable or singular transform, one of the wrong direction, or landmarks that leave a degree of freedom open.</exception>
    public static AffineTransform? Read(OperationRequest request, Grid? moving, Grid? fixedGrid, Job job)
    {
        if (request.OptionalText(Name) is not { } text) return null;
        if (TransformFile.Recognises(text.Text))
            return text.Named(() => TransformFile.Read(text.Text, TransformFile.MovingToFixed) as AffineTransform ?? throw new BadInputException(
                "the transform is deformable; a registration starts from a rigid, similarity or affine one. Give such a transform.json or landmarks, or give this one as transform, which warps with it and registers nothing."));
        ImportedTransform read = text.Named(() => ReadOther(text, request, moving, fixedGrid));
        if (read.Pairs is not null)
        {
            TransformChecks.Landmarks(read.Pairs, moving, fixedGrid, text.File, job);
            return LandmarkTransforms.Fit(read, P.RegistrationStartFit, request.Values.Get(P.RegistrationStartFit), text, job).Transform;
        }
        _ = text.Named(read.Transform!.Inverse);
        job.Log($"The registration starts from the transform in {text.File}.");
        return read.Transform;
    }

    private static ImportedTransform ReadOther(InputText text, OperationRequest request, Grid? moving, Grid? fixedGrid)
    {
        ITransformFormat format = TransformFormats.All.FirstOrDefault(f => f.Recognises(text.Text))
            ?? throw new BadInputException("the file is neither a transform.json nor landmarks or a transform that import-transform can read. "
                + $"Give a CSV of BigWarp (name, active, moving x, y, z, fixed x, y, z; no header) or a table with the header {string.Join(",", LandmarkTable.Columns)} in nm.");
        return format.Read(new ImportSource(text.Text, text.File, LengthUnit.Parse(request.Values.Get(P.RegistrationStartUnit), P.RegistrationStartUnit.Name), moving, fixedGrid));
    }
}
