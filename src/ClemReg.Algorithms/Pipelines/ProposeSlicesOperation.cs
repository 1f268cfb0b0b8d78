using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Proposes the slices of a stack in which a person draws boxes.</summary>
internal static class ProposeSlicesOperation
{
    private const string Slices = "Slices", Evenly = "evenly", Randomly = "random";

    private static readonly IntegerParameter Count = new("slice_count", "Slices", Slices, "", "How many slices; about 20 were enough for the published networks.", 20, 1, 100_000) { Option = true };

    private static readonly ChoiceParameter Choice = new("slice_choice", "Choice", Slices,
        "random: drawn by chance, as published. evenly: in the middle of equal parts of the stack, so that each part is seen.", Randomly, Randomly, Evenly)
    { Option = true };

    private static readonly IntegerParameter Seed = new("seed", "Seed", Slices, "", "The same seed draws the same slices.", 1, 0, int.MaxValue);

    public static Operation Definition { get; } = new(
        "propose_slices", "Propose Slices",
        "Proposes slices of a stack to be annotated with boxes, by chance or evenly spread: the list slices.csv, which Annotate takes.",
        [new Port("image", PortKind.Sections, "The EM stack.")],
        [new Port("slices", PortKind.Text, "slices.csv: slice (from 1), annotated (0).")],
        [Count, Choice, Seed],
        static (request, _) =>
        {
            int all = request.Input<ISliceSource>("image").Grid.Size.Z, count = request.Values.Get(Count);
            int[] slices = request.Values.Get(Choice) == Evenly ? SliceChoice.Evenly(all, count) : SliceChoice.Randomly(all, count, request.Values.Get(Seed));
            var table = new ResultTable("slices", "slice", "annotated");
            foreach (int slice in slices) table.Add(slice + 1, 0);
            return new OperationResult(new Dictionary<string, object>(), new JsonObject
            {
                ["summary"] = string.Create(CultureInfo.InvariantCulture, $"{slices.Length} of {all} slices: {string.Join(", ", slices.Select(s => s + 1))}."),
                ["slices"] = new JsonArray([.. slices.Select(s => (JsonNode)(s + 1))]),
                ["tables"] = new JsonArray(table.Json()),
                ["files"] = InterchangeOperations.Files(OutputFile.Single(ObjectBoxTable.WriteSlices(slices.Select(s => (s, false))))),
            });
        });
}
