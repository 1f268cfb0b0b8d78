using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Measures the shift between two colour channels on a stack of beads.</summary>
internal static class ChromaticShiftOperation
{
    private const string Group = "Beads";

    private static readonly NumberParameter Diameter = new("bead_diameter", "Bead diameter", Group, "nm",
        "How large the beads look in the plane: the full width at half of their brightness, about the resolution for small beads.", 300, 1, 100000);

    private static readonly NumberParameter MaximumShift = new("maximum_shift", "Largest shift", Group, "nm",
        "Beads of the two channels that are further apart are not taken for the same. Less than half the distance between beads.", 1000, 1, 100000);

    private static readonly ChoiceParameter Model = new("chromatic_model", "Correction", Group,
        "offset: one shift for the whole field; affine: also magnification and shear, for beads all over the field.", "offset", "offset", "affine");

    private static readonly IntegerParameter Number = new("channel_number", "Channel number", Group, "",
        "The number that the channel has in the image to be corrected: it is put into channel_offsets.", 2, 1, 1000);

    public static Operation Definition { get; } = new(
        "measure_chromatic_shift", "Measure chromatic shift",
        "Measures the shift of one fluorescence channel against another on beads that show in both, as an entry for channel_offsets.",
        [
            new Port("reference", PortKind.Volume, "The beads in the channel that is registered."),
            new Port("shifted", PortKind.Volume, "The beads in the channel to be corrected."),
        ],
        [],
        [Diameter, MaximumShift, Model, Number],
        static (request, job) =>
        {
            double diameter = request.Values.Get(Diameter);
            IReadOnlyList<Point3> reference = job.Run("find_reference_beads", 0, 0.5, part => BeadDetection.Find(request.Input<Volume>("reference"), diameter, part));
            IReadOnlyList<Point3> shifted = job.Run("find_shifted_beads", 0.5, 1, part => BeadDetection.Find(request.Input<Volume>("shifted"), diameter, part));
            bool affine = request.Values.Get(Model) == "affine";
            ChromaticShift found = ChromaticShift.Measure(reference, shifted, request.Values.Get(MaximumShift), affine ? ChromaticModel.Affine : ChromaticModel.Offset);
            string numbers = string.Join(',', (affine ? found.Transform.Rows.ToArray() : [found.Offset.Z, found.Offset.Y, found.Offset.X])
                .Select(v => v.ToString(affine ? "G9" : "F1", CultureInfo.InvariantCulture)));
            return new OperationResult(new Dictionary<string, object>(), new JsonObject
            {
                ["channel_offsets"] = $"{request.Values.Get(Number)}:{numbers}",
                ["offset_nm"] = new JsonArray(found.Offset.Z, found.Offset.Y, found.Offset.X),
                ["rms_before_nm"] = found.RmsBeforeNm,
                ["rms_after_nm"] = found.RmsNm,
                ["pairs"] = found.Pairs,
                ["reference_beads"] = reference.Count,
                ["shifted_beads"] = shifted.Count,
                ["parameters"] = request.Values.ToJson(),
            });
        });
}
