using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>All operations, and the schema from which every door to them is made.</summary>
public static class Operations
{
    /// <summary>The operations in the order in which menus and pages show them.</summary>
    public static IReadOnlyList<Operation> All { get; } =
    [
        RegisterOperation.Definition, RegisterPlan.Definition, StepOperations.SegmentFluorescence, StepOperations.SamplePoints, StepOperations.RegisterPoints,
        SegmentEmOperation.Definition, ModelProbabilityOperation.Definition, DetectObjectsOperation.Definition, SegmentOrganellesOperation.Definition, ConvertModelOperation.Definition, CleanMaskOperation.Definition, PrepareOperation.Definition, AlignOperation.Definition,
        WarpOperation.Definition, TransformPointsOperation.Definition, InterchangeOperations.ExportTransform, InterchangeOperations.ImportTransform,
        InterchangeOperations.ExportPoints, InterchangeOperations.ImportPoints, ChromaticShiftOperation.Definition, OverlayOperation.Definition, ResidualsOperation.Definition, ProvidersOperation.Definition, EvaluateOperation.Definition,
        DetectCellsOperation.Definition, TrackCellsOperation.Definition, FilterSectionsOperation.Definition,
        MeshOperation.Definition, CompareSegmentationsOperation.Definition,
        FamousProjectOperation.Definition, ProposeSlicesOperation.Definition, ExportDatasetOperation.Definition, ImportDatasetOperation.Definition,
        SimulateOperation.Simulate, SimulateOperation.EvaluateTre,
        SimulateCellsOperation.Definition, SimulateOrganellesOperation.Definition, ExportFieldsOperation.Definition, EvaluateDetectionOperation.Definition,
    ];

    /// <summary>The version of this software.</summary>
    public static string Version { get; } = typeof(Operations).Assembly.GetName().Version!.ToString(3);

    /// <summary>The operation of a name.</summary>
    /// <exception cref="NotFoundException">There is none.</exception>
    public static Operation Find(string name)
    {
        Operation? found = All.FirstOrDefault(o => o.Name == name);
        if (found is not null) return found;
        string? near = Names.Nearest(name, All.Select(o => o.Name));
        throw new NotFoundException($"There is no operation {name}." + (near is null ? "" : $" Did you mean {near}?")
            + $" Operations: {string.Join(", ", All.Select(o => o.Name))}.");
    }

    /// <summary>Operations, inputs, outputs and parameters as JSON.</summary>
    public static JsonObject Schema()
    {
        var list = new JsonArray();
        foreach (Operation operation in All) list.Add((JsonNode)operation.Schema());
        return new JsonObject { ["version"] = Version, ["operations"] = list };
    }
}
