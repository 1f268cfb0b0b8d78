using System.Text.Json.Nodes;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Samples with a known truth, and the judgement of a transform against it.</summary>
internal static class SimulateOperation
{
    private static readonly ChoiceParameter Transform = new("transform", "Transform", "Simulation",
        "What lies between the two volumes: rigid, similarity (with scale), or deformation (similarity plus a smooth deformation).",
        "rigid", "rigid", "similarity", "deformation");

    // One definition of each option: the simulator's own list.
    private static readonly IReadOnlyList<(SimulationOption Option, Parameter Parameter)> Options =
        [.. ClemSimulationOptions.Numbers.Select(o => (o, Define(o)))];

    public static Operation Simulate { get; } = new(
        "simulate_clem", "Simulate a CLEM pair",
        "Makes an EM volume with its mitochondria labels and a fluorescence volume of the same cell, with a known transform between them.",
        [],
        [
            new Port("em", PortKind.Volume, "The EM volume, 8 bit."), new Port("em_labels", PortKind.Volume, "A label for each mitochondrion, 16 bit."),
            new Port("moving_1", PortKind.Volume, "The fluorescence of the mitochondria, 16 bit."),
            new Port("moving_2", PortKind.Volume, "The second channel, lysosomes, where channels = 2.", Required: false),
            new Port("em_targets", PortKind.Volume, "A label for each lysosome of the EM, 16 bit, where channels = 2: structures to judge a registration by.", Required: false),
        ],
        [Transform, .. Options.Select(o => o.Parameter)],
        static (request, job) =>
        {
            var options = new ClemSimulationOptions { Transform = ClemSimulationOptions.TransformOf(request.Values.Get(Transform)) };
            foreach ((SimulationOption option, Parameter parameter) in Options)
                options = option.With(options, parameter is IntegerParameter whole ? request.Values.Get(whole) : request.Values.Get((NumberParameter)parameter));
            ClemSample sample = ClemSimulator.Simulate(options, job);
            var outputs = new Dictionary<string, object> { ["em"] = sample.Em, ["em_labels"] = sample.Labels };
            for (int c = 0; c < sample.Fluorescence.Count; c++) outputs[$"moving_{c + 1}"] = sample.Fluorescence[c];
            if (sample.Lysosomes is not null) outputs["em_targets"] = sample.Lysosomes;
            return new OperationResult(outputs, new JsonObject { ["truth"] = JsonNode.Parse(sample.Truth.ToJson()) });
        });

    public static Operation EvaluateTre { get; } = new(
        "evaluate_tre", "Measure registration error",
        "Target registration error of a transform at the mitochondria of a simulated sample, whose true transform is known.",
        [
            new Port("transform", PortKind.Transform, "Fluorescence to EM."), new Port("labels", PortKind.Source, "The mitochondria of the EM volume."),
            new Port("truth", PortKind.Text, "The truth.json of the simulation."),
        ],
        [],
        [],
        static (request, job) =>
        {
            ClemTruth truth = ClemTruth.FromJson(request.Text("truth").Text);
            var labels = request.Input<ISliceSource>("labels");
            return new OperationResult(new Dictionary<string, object>(), new JsonObject
            {
                ["before"] = Json(TargetRegistrationError.Measure(truth.Transform, AffineTransform.Identity, labels, job)),
                ["after"] = Json(TargetRegistrationError.Measure(truth.Transform, request.Input<SpatialTransform>("transform"), labels, job)),
            });
        });

    private static JsonObject Json(TargetRegistrationError error) => new()
    {
        ["mean_nm"] = error.Mean,
        ["median_nm"] = error.Median,
        ["p95_nm"] = error.Percentile95,
        ["max_nm"] = error.Maximum,
        ["targets"] = error.Targets,
    };

    private static Parameter Define(SimulationOption option)
    {
        string label = char.ToUpperInvariant(option.Name[0]) + option.Name[1..].Replace('_', ' ');
        double standard = option.Get(new ClemSimulationOptions());
        return option.Whole
            ? new IntegerParameter(option.Name, label, "Simulation", option.Unit, option.Help, (int)standard, (int)option.Minimum, (int)option.Maximum)
            : new NumberParameter(option.Name, label, "Simulation", option.Unit, option.Help, standard, option.Minimum, option.Maximum);
    }
}
