using System.Globalization;
using ClemReg.Algorithms.Cells;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Where the image lies on the stage, as the user says it.</summary>
internal static class StageParameters
{
    private const string Group = "Stage";

    /// <summary>Pixel sizes from the image and from fiducials differ noticeably from this share on.</summary>
    private const double SizeTolerance = 0.05;

    /// <summary>Fields are rectangles: from so many degrees on a skew image makes them wrong by more than a margin.</summary>
    private const double SkewTolerance = 1;

    private static readonly NumberParameter PixelSize = new("pixel_size", "Pixel size of the image", Group, "um", "0: as the image, or the fiducials, say.", 0, 0, 1e6) { Option = true };
    private static readonly NumberParameter OriginX = new("stage_x", "Stage x of the first pixel", Group, "um", "Stage coordinates of the centre of the image's upper left pixel.", 0, -1e9, 1e9) { Option = true };
    private static readonly NumberParameter OriginY = new("stage_y", "Stage y of the first pixel", Group, "um", "The other coordinate of the same pixel.", 0, -1e9, 1e9) { Option = true };
    private static readonly NumberParameter Rotation = new("stage_rotation", "Rotation", Group, "degrees", "How far the image's x axis is turned on the stage, from the stage's x towards its y.", 0, -360, 360) { Option = true };
    private static readonly BooleanParameter FlipX = new("flip_x", "Flip x", Group, "The stage's x runs against the image's.", false) { Option = true };
    private static readonly BooleanParameter FlipY = new("flip_y", "Flip y", Group, "The stage's y runs upwards, against the image's.", false) { Option = true };

    private static readonly TextParameter FiducialPixels = new("fiducial_pixels", "Fiducials in the image", Group,
        "In place of origin, rotation and flips: three or more points in the image, x,y; x,y; x,y in pixels from the first one's centre. In Fiji click them with the multi-point tool.", "", "pairs of numbers, x,y; x,y; x,y", unit: "px")
    { Option = true };

    private static readonly TextParameter FiducialStage = new("fiducial_stage", "Fiducials on the stage", Group,
        "The same points on the stage, in the same order, x,y; x,y; x,y in um.", "", "pairs of numbers, x,y; x,y; x,y", unit: "um")
    { Option = true };

    public static IReadOnlyList<Parameter> All { get; } = [PixelSize, OriginX, OriginY, Rotation, FlipX, FlipY, FiducialPixels, FiducialStage];

    /// <summary>The map from pixels to the stage.</summary>
    /// <exception cref="BadInputException">The pixel size is not known, or the fiducials do not say where the image lies.</exception>
    public static StageMap Read(OperationRequest request, ISliceSource? image, Job job)
    {
        ParameterValues values = request.Values;
        (double X, double Y)? pixel = values.Get(PixelSize) > 0 ? (values.Get(PixelSize), values.Get(PixelSize))
            : image is not null && request.IsCalibrated("image") ? (image.Grid.Spacing.X / 1000, image.Grid.Spacing.Y / 1000) : null;
        if (Fiducials(request) is { } points) return ThroughFiducials(points, pixel, values, job);
        if (pixel is not { } known)
            throw new BadInputException((image is null ? "The pixel size is not known" : "The pixel size of image is not known (it is not calibrated)")
                + ": give pixel_size in um, " + (image is null ? "or the image from which it can be read, " : "or set it with Image > Properties, ") + "or fiducials.");
        return StageMap.Framed(known.X, known.Y, values.Get(OriginX), values.Get(OriginY), values.Get(Rotation), values.Get(FlipX), values.Get(FlipY));
    }

    private static StageMap ThroughFiducials(List<(double PixelX, double PixelY, double StageX, double StageY)> points, (double X, double Y)? pixel, ParameterValues values, Job job)
    {
        StageMap map = StageMap.Through(points);
        if (values.Get(OriginX) != 0 || values.Get(OriginY) != 0 || values.Get(Rotation) != 0 || values.Get(FlipX) || values.Get(FlipY))
            job.Warn("The fiducials say where the image lies: stage_x, stage_y, stage_rotation, flip_x and flip_y are not used.");
        if (pixel is { } p && (Math.Abs(map.PixelX / p.X - 1) > SizeTolerance || Math.Abs(map.PixelY / p.Y - 1) > SizeTolerance))
            job.Warn(string.Create(CultureInfo.InvariantCulture, $"By the fiducials a pixel is {map.PixelX:G4} x {map.PixelY:G4} um, but it should be {p.X:G4} x {p.Y:G4} um. Check their order and units; the fiducials' is used."));
        if (map.Skew > SkewTolerance)
            job.Warn(string.Create(CultureInfo.InvariantCulture, $"By the fiducials the image's axes are {90 - map.Skew:0.#} degrees apart on the stage: a field, which is a rectangle, does not cover its cells exactly. Check the fiducials."));
        if (points.Count > 3) job.Log(string.Create(CultureInfo.InvariantCulture, $"The {points.Count} fiducials are off by {map.Residual:G3} um (root mean square)."));
        return map;
    }

    private static List<(double PixelX, double PixelY, double StageX, double StageY)>? Fiducials(OperationRequest request)
    {
        string pixels = request.Values.Get(FiducialPixels).Trim(), stage = request.Values.Get(FiducialStage).Trim();
        if (request.OptionalText("fiducials") is { } file)
        {
            if (stage.Length > 0) throw new BadInputException($"fiducials: give either the file {file.File} or fiducial_pixels and fiducial_stage, not both.");
            return file.Named(() => Table(file.Text));
        }
        // Points may be marked in the image for another purpose: only the stage's say that they are fiducials.
        if (stage.Length == 0) return null;
        if (pixels.Length == 0) throw new BadInputException("fiducial_pixels is missing: the points of fiducial_stage in the image, x,y; x,y; x,y in pixels. In Fiji click them with the multi-point tool, in the same order.");
        (double X, double Y)[] a = Pairs(FiducialPixels, pixels), b = Pairs(FiducialStage, stage);
        if (a.Length != b.Length)
            throw BadInputException.ForParameter(FiducialStage.Name, $"{b.Length} points", $"as many as fiducial_pixels has, {a.Length}", "Write the points in the same order, x,y; x,y; x,y.");
        return [.. a.Zip(b, (p, s) => (p.X, p.Y, s.X, s.Y))];
    }

    private static (double, double)[] Pairs(TextParameter parameter, string text) =>
        [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(pair =>
        {
            string[] words = pair.Split(',');
            return words.Length == 2 && Xyz.TryNumber(words[0], out double x) && Xyz.TryNumber(words[1], out double y) ? (x, y)
                : throw BadInputException.ForParameter(parameter.Name, pair, parameter.Allowed);
        })];

    private static List<(double, double, double, double)> Table(string text)
    {
        string[] names = ["pixel_x", "pixel_y", "stage_x", "stage_y"], lines = text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        List<string> header = CsvRow.Split(lines[0].ToLowerInvariant());
        int[] at = [.. names.Select(n => header.IndexOf(n))];
        if (at.Contains(-1)) throw new BadInputException($"line 1: there is no column {string.Join(", ", names.Where((_, i) => at[i] < 0))}. A table of fiducials begins with the header {string.Join(',', names)} (pixels from the centre of the first one; um).");
        var points = new List<(double, double, double, double)>();
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0) continue;
            List<string> cells = CsvRow.Split(lines[i]);
            double Number(int column) => at[column] < cells.Count && Xyz.TryNumber(cells[at[column]], out double value) ? value
                : throw new BadInputException($"line {i + 1}: {names[column]} is '{(at[column] < cells.Count ? Xyz.Short(cells[at[column]]) : "")}': it must be a number.");
            points.Add((Number(0), Number(1), Number(2), Number(3)));
        }
        return points;
    }
}
