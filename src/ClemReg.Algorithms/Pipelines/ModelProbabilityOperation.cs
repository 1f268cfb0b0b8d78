using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Preparation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>What a model thinks of each voxel, before any threshold: segment_em's first half, of some of the slices where that is enough.</summary>
internal static class ModelProbabilityOperation
{
    private static readonly IntegerParameter First = new("first_slice", "First slice", "Slices", "", "The first slice whose probability is wanted, counted from 1; 0: the image's first.", 0, 0, 1_000_000);

    private static readonly IntegerParameter Last = new("last_slice", "Last slice", "Slices", "", "The last one, counted from 1; 0: the image's last.", 0, 0, 1_000_000);

    public static Operation Definition { get; } = new(
        "model_probability", "Model Probability",
        "What a neural network thinks of each voxel of volume EM: the probability that it belongs to the structure, which Segment EM holds seg_thr against. For a threshold of your own, and to see what a model sees. Of MitoNet it is the probability of each xy slice by itself: the median of neighbouring slices, the objects and the other axes are Segment EM's. A model of volumes is given the slices around those that are wanted too.",
        [EmModel.ImagePort, EmModel.ModelPort],
        [
            new Port("probability", PortKind.Volume, "0 to 1, 32-bit float, on the image's voxels."),
            new Port("boundary", PortKind.Volume, "The probability of boundaries between touching objects, where the model tells it."),
            new Port("run", PortKind.Text, "run.json: the model, its threshold, the parameters."),
        ],
        [EmModel.Provider, EmModel.Tile, EmModel.Flips, EmModel.Intensities, First, Last, EmModel.Downsampling],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var em = request.Input<ISliceSource>("image");
        Range slices = Slices(request.Values, em.Grid.Size.Z);
        (int first, int count) = slices.GetOffsetAndLength(em.Grid.Size.Z);
        // A preview asks slice after slice.
        var model = new EmModel(request, job, keep: true);
        var outputs = new Dictionary<string, object>();
        JsonObject about;
        if (model.Card is { } card)
        {
            foreach ((string name, Volume<float> volume) in model.WithProbabilities(em, job, (tiled, part) => Probabilities(em, slices, tiled, card, model, part))) outputs[name] = volume;
            about = model.About(card.Threshold, null);
        }
        else
        {
            Size3 size = em.Grid.Size;
            var part = new CroppedSource(em, (first, 0, 0), new Size3(count, size.Y, size.X));
            MitoNetOptions options = model.Described(new MitoNetOptions());
            outputs["probability"] = model.WithMitoNet(part, options, job, (network, rest) => MitoNetProbability.Run(part, network, options, rest));
            about = model.About(options.Threshold, options);
        }
        string which = count == 1 ? FormattableString.Invariant($"slice {first + 1}") : FormattableString.Invariant($"slices {first + 1} to {first + count}");
        string summary = string.Create(CultureInfo.InvariantCulture, $"Probabilities of {which} by {model.File} on {model.Used}. Segment EM's threshold for this model is {about["threshold"]}, unless seg_thr says otherwise.");
        return new OperationResult(outputs, model.Report(about, new JsonObject { ["first_slice"] = first + 1, ["last_slice"] = first + count }, summary, job));
    }

    private static Range Slices(ParameterValues values, int all)
    {
        int first = Math.Max(1, values.Get(First)), last = values.Get(Last) is > 0 and var given ? given : all;
        if (last > all) throw BadInputException.ForParameter(Last.Name, last, $"at most {all}, the image's number of slices, or 0 for the last");
        return first <= last ? (first - 1)..last : throw BadInputException.ForParameter(First.Name, first, $"at most {last}, the last slice ({Last.Name})");
    }

    private static Dictionary<string, Volume<float>> Probabilities(ISliceSource em, Range slices, TiledModel tiled, ModelCard card, EmModel model, Job job)
    {
        (double low, double high) = GreyRange.Of(em.Type, model.Low, model.High, needed: card.Normalisation.Kind == NormalisationKind.Fixed);
        (int first, int count) = slices.GetOffsetAndLength(em.Grid.Size.Z);
        var grid = new Grid(new Size3(count, em.Grid.Size.Y, em.Grid.Size.X), em.Grid.Spacing, em.Grid.ToPhysical(first, 0, 0));
        var volumes = new Dictionary<string, Volume<float>>();
        try
        {
            Volume<float> probability = volumes["probability"] = new Volume<float>(grid);
            Volume<float>? boundary = card.Boundary is null ? null : volumes["boundary"] = new Volume<float>(grid);
            tiled.Run(em, low, high, (z, p, edge) =>
            {
                p.CopyTo(probability.Slice(z - first));
                if (boundary is not null) edge.CopyTo(boundary.Slice(z - first));
            }, job, slices);
            return volumes;
        }
        catch
        {
            foreach (Volume<float> volume in volumes.Values) volume.Dispose();
            throw;
        }
    }
}
