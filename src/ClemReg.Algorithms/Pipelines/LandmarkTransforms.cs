using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Transforms fitted to the landmark pairs of a file, with what the user should know about them.</summary>
internal static class LandmarkTransforms
{
    /// <summary>A thin-plate spline through the landmarks, and its entry in transform.json.</summary>
    /// <param name="read">The file's pairs.</param>
    /// <param name="regularisation">lambda, nm.</param>
    /// <param name="moving">Where to look for folds; null for the landmarks' box.</param>
    /// <param name="text">The file, for messages.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="BadInputException">Fewer than 4 pairs, or pairs in one plane.</exception>
    public static (SpatialTransform Transform, JsonObject Landmarks) Spline(ImportedTransform read, double regularisation, Grid? moving, InputText text, Job job)
    {
        TellSkipped(read, job);
        PointCloud from = new([.. read.Pairs!.Select(p => p.Moving)]), to = new([.. read.Pairs!.Select(p => p.Fixed)]);
        ThinPlateFit fit = text.Named(() => ThinPlateFit.Make(from, to, new ThinPlateOptions { RegularisationNm = regularisation }, job));
        bool known = moving is not null && moving.Size.Count > 1;
        if (TransformChecks.Fold(fit.Transform, moving, job) is { Folds: true } fold)
            job.Warn(string.Create(CultureInfo.InvariantCulture,
                $"The spline folds space: the least determinant of its Jacobian {(known ? "in the fluorescence" : "between the landmarks")} is {fold.Minimum:G3} at {fold.Place} nm (z, y, x). Remove wrong landmarks or raise thin_plate_regularisation."));
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"Thin-plate spline of {read.Pairs!.Count} landmark pairs: misses them by {fit.RmsErrorNm:F1} nm RMS, {fit.MaximumErrorNm:F1} nm at most. It goes through its landmarks whether they are right or not."));
        double[] residuals = [.. read.Pairs!.Select(p => (fit.Transform.Apply(p.Moving) - p.Fixed).Length)];
        return (fit.Transform, Describe(residuals, fit.RmsErrorNm, fit.MaximumErrorNm, read));
    }

    /// <summary>A rigid, similarity or affine transform of the landmarks.</summary>
    /// <param name="read">The file's pairs.</param>
    /// <param name="parameter">The parameter by which the user chooses the model, for messages.</param>
    /// <param name="model">The model.</param>
    /// <param name="text">The file, for messages.</param>
    /// <param name="job">The work.</param>
    /// <exception cref="BadInputException">Another model, fewer than 4 pairs, or pairs that leave a degree of freedom open.</exception>
    public static LandmarkFit Fit(ImportedTransform read, ChoiceParameter parameter, string model, InputText text, Job job)
    {
        TellSkipped(read, job);
        LandmarkFit fit = text.Named(() =>
        {
            LandmarkModel kind = model switch
            {
                "rigid" => LandmarkModel.Rigid,
                "similarity" => LandmarkModel.Similarity,
                "affine" => LandmarkModel.Affine,
                _ => throw new BadInputException($"the file asks for a transform of type {model}, which cannot be made from landmarks here. Set {parameter.Name} to {string.Join(", ", parameter.Choices)}."),
            };
            try
            {
                return LandmarkFit.Fit([.. read.Pairs!.Select(p => p.Moving)], [.. read.Pairs!.Select(p => p.Fixed)], kind, parameter.Name);
            }
            catch (BadInputException e) when (read.Skipped > 0)
            {
                throw new BadInputException($"{e.Message} ({read.Skipped} pairs are inactive or not set.)", e);
            }
        });
        foreach (string warning in fit.Warnings) job.Warn(warning);
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"{model} transform of {read.Pairs!.Count} landmark pairs: residual {fit.RmsNm:F1} nm RMS, {fit.MaximumNm:F1} nm at most. It says how well the landmarks agree, not how good the registration is between them."));
        return fit;
    }

    /// <summary>The entry of the landmarks in transform.json.</summary>
    public static JsonObject Describe(IReadOnlyList<double> residuals, double rms, double maximum, ImportedTransform read)
    {
        var pairs = new JsonArray();
        for (int i = 0; i < residuals.Count; i++) pairs.Add((JsonNode)new JsonObject { ["name"] = read.Pairs![i].Name, ["residual_nm"] = residuals[i] });
        return new JsonObject { ["count"] = residuals.Count, ["left_out"] = read.Skipped, ["rms_nm"] = rms, ["maximum_nm"] = maximum, ["pairs"] = pairs };
    }

    private static void TellSkipped(ImportedTransform read, Job job)
    {
        if (read.Skipped > 0) job.Log($"{read.Skipped} landmark pairs are inactive or not set and were left out.");
    }
}
