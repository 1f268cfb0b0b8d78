using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Transforms and point clouds to and from the files of other tools.</summary>
internal static class InterchangeOperations
{
    private const string File = "File", Landmarks = "Landmarks";
    private const string Auto = "auto", ThinPlate = "thin_plate_spline";

    private static readonly ChoiceParameter TransformFormat = new("format", "Format", File,
        "The other tool's format: " + string.Join("; ", TransformFormats.All.Select(f => f.Name + ": " + f.Title)) + ".",
        TransformFormats.All[0].Name, [.. TransformFormats.All.Select(f => f.Name)])
    { Option = true };

    private static readonly ChoiceParameter TransformFormatOrAuto = new("format", "Format", File,
        "The other tool's format; auto tells it from the content.", Auto, [Auto, .. TransformFormats.Readable.Select(f => f.Name)])
    { Option = true };

    private static readonly ChoiceParameter PointFormat = new("format", "Format", File,
        "The other tool's format: " + string.Join("; ", PointFormats.All.Select(f => f.Name + ": " + f.Title)) + ".",
        PointFormats.All[0].Name, [.. PointFormats.All.Select(f => f.Name)])
    { Option = true };

    private static readonly ChoiceParameter PointFormatOrAuto = new("format", "Format", File,
        "The other tool's format; auto tells it from the content.", Auto, [Auto, .. PointFormats.All.Select(f => f.Name)])
    { Option = true };

    private static readonly ChoiceParameter Unit = new("unit", "Unit of lengths", File,
        "What the file's numbers count in, where it does not say so itself: the unit in which the images are calibrated in the other tool.",
        LengthUnit.Micrometre.Name, [.. LengthUnit.All.Select(u => u.Name)])
    { Option = true };

    private static readonly IntegerParameter ControlPoints = new("control_points", "Control points", Landmarks, "",
        "About how many points stand for the transform where the format holds landmarks or displacements. A deformable transform needs a few hundred.", 300, 8, 1000000)
    { Option = true };

    private static readonly BooleanParameter AffineApproximation = new("affine_approximation", "Affine approximation", File,
        "Where the format holds an affine transform only and the transform is deformable: writes the best affine transform in its place and tells how far it is off.", false)
    { Option = true };

    private static readonly ChoiceParameter Fit = new("landmark_fit", "Transform from landmarks", Landmarks,
        "What is fitted to landmark pairs: rigid, similarity (rigid with one scale), affine, or thin_plate_spline, which goes through every pair; auto takes what the file names, else affine.",
        Auto, Auto, "rigid", "similarity", "affine", ThinPlate)
    { Option = true };

    private static readonly NumberParameter FieldSpacing = new("field_spacing", "Distance of nodes", Landmarks, "nm",
        "For displacement_field: how far the nodes lie apart, along all axes; smaller is more exact and makes a larger file. What it costs is measured and told.", 500, 1, 1e6)
    { Option = true };

    private static readonly BooleanParameter EmWasMoved = new("em_was_moved", "EM was moved", File,
        "Set it where the other tool moved the EM onto the fluorescence: the transform is turned round, and moving and fixed landmarks change places.", false)
    { Option = true };

    private static readonly TextParameter Item = new("item", "Entry", File,
        "Which entry of the file is the fluorescence, where there are several: the setup of a BigDataViewer XML (or the setups of fluorescence and EM, as in 1,0), the name of an image in a MoBIE table, or of a transform in an OME-NGFF scene.",
        "", "a name or number that is in the file")
    { Option = true };

    public static Operation ExportTransform { get; } = new(
        "export_transform", "Export transform",
        "Writes a transform for another tool. docs/formats has a page on each format: unit, axes, direction, origin, and how to open it.",
        [
            new Port("transform", PortKind.Text, "The transform.json of a registration."),
            new Port("moving", PortKind.Source, "The fluorescence: its extent (control points), voxel size and name.", Required: false),
            new Port("fixed", PortKind.Source, "The EM: its voxel size and size, for formats that name a grid.", Required: false),
        ],
        [new Port("file", PortKind.Text, "The other tool's file; for ngff_displacements a folder.")],
        [TransformFormat, Unit, ControlPoints, FieldSpacing, AffineApproximation],
        static (request, job) =>
        {
            ITransformFormat format = TransformFormats.Named(request.Values.Get(TransformFormat));
            InputText text = request.Text("transform");
            SpatialTransform transform = ReadOwn(text, job);
            (Grid? moving, bool movingSize) = GridOf(request, "moving");
            (Grid? fixedGrid, bool fixedSize) = GridOf(request, "fixed");
            var source = new ExportSource(transform, LengthUnit.Parse(request.Values.Get(Unit), "unit"), request.Values.Get(ControlPoints))
            {
                Moving = moving,
                MovingSizeKnown = movingSize,
                Fixed = fixedGrid,
                FixedSizeKnown = fixedSize,
                MovingName = NameOf(request.Extra, "moving") ?? "fluorescence.tif",
                FixedName = NameOf(request.Extra, "fixed") ?? "em.tif",
                AffineApproximation = request.Values.Get(AffineApproximation),
                OwnPairs = OwnPairs(transform),
                FieldSpacingNm = request.Values.Get(FieldSpacing),
                Job = job,
            };
            if (TransformChecks.Fold(transform, movingSize ? moving : null, job) is { Folds: true } fold)
                job.Warn(string.Create(CultureInfo.InvariantCulture,
                    $"{text.File} folds space: the least determinant of its Jacobian is {fold.Minimum:G3} at {fold.Place} nm (z, y, x). No program can warp an image with it or invert it there."));
            IReadOnlyList<OutputFile> files = format.Write(source);
            foreach (string note in source.Notes) job.Log(note);
            var json = new JsonObject { ["files"] = Files(files), ["format"] = format.Name, ["unit"] = source.Unit.Name };
            if (source.ApproximationError is (double rms, double maximum))
            {
                json["affine_rms_nm"] = rms;
                json["affine_max_nm"] = maximum;
            }
            if (source.FieldError is (double fieldRms, double fieldMaximum))
            {
                json["field_rms_nm"] = fieldRms;
                json["field_max_nm"] = fieldMaximum;
            }
            return new OperationResult(new Dictionary<string, object>(), json);
        });

    public static Operation ImportTransform { get; } = new(
        "import_transform", "Import transform",
        "Reads a transform or landmark pairs that another tool wrote, and makes a transform.json from them: fluorescence to EM.",
        [
            new Port("in", PortKind.Text, "The other tool's file."),
            new Port("moving", PortKind.Source, "The fluorescence: its voxel size and origin, for formats that count from pixels.", Required: false),
            new Port("fixed", PortKind.Source, "The EM, likewise.", Required: false),
        ],
        [new Port("transform", PortKind.Transform, "Moving to fixed.")],
        [TransformFormatOrAuto, Unit, Fit, ClemRegParameters.ThinPlateRegularisation, EmWasMoved, Item],
        static (request, job) =>
        {
            InputText text = request.Text("in");
            string name = request.Values.Get(TransformFormatOrAuto);
            ITransformFormat format = name == Auto ? TransformFormats.Detect(text.Text, text.File) : TransformFormats.Named(name);
            bool turned = request.Values.Get(EmWasMoved);
            Grid? moving = GridOf(request, "moving").Grid, fixedGrid = GridOf(request, "fixed").Grid;
            // What the other tool calls moving is the EM when it moved the EM.
            var source = new ImportSource(text.Text, text.File, LengthUnit.Parse(request.Values.Get(Unit), "unit"),
                turned ? fixedGrid : moving, turned ? moving : fixedGrid, request.Values.Get(Item).Trim());
            ImportedTransform read = format.Read(source);
            job.Log($"{text.File} was read as {format.Title}, lengths in {source.Unit.Name} where it does not say.");
            JsonObject? landmarks = null;
            SpatialTransform transform;
            JsonObject file;
            if (read.Pairs is not null)
            {
                if (turned) read = read with { Pairs = [.. read.Pairs.Select(p => p with { Moving = p.Fixed, Fixed = p.Moving })] };
                TransformChecks.Landmarks(read.Pairs, moving, fixedGrid, text.File, job);
                string model = request.Values.Get(Fit) == Auto ? read.Fit ?? "affine" : request.Values.Get(Fit);
                if (model == ThinPlate) (transform, landmarks) = LandmarkTransforms.Spline(read, request.Values.Get(ClemRegParameters.ThinPlateRegularisation), moving, text, job);
                else
                {
                    LandmarkFit fit = LandmarkTransforms.Fit(read, Fit, model, text, job);
                    (transform, landmarks) = (fit.Transform, LandmarkTransforms.Describe(fit.Residuals, fit.RmsNm, fit.MaximumNm, read));
                }
                file = transform is AffineTransform fitted ? TransformFile.Write(fitted, model, "moving_to_fixed") : TransformFile.Write(transform, "moving_to_fixed");
            }
            else
            {
                AffineTransform affine = turned ? text.Named(read.Transform!.Inverse) : read.Transform!;
                // A singular matrix maps the volume onto a plane: no image can be warped with it.
                _ = text.Named(affine.Inverse);
                TransformChecks.Scale(Math.Cbrt(Math.Abs(affine.Determinant)), text.File + " would", job);
                transform = affine;
                file = TransformFile.Write(affine, TypeOf(affine), "moving_to_fixed");
                if (affine.Determinant < 0) job.Warn("The transform mirrors the image. Check the order of the axes and whether one stack is flipped.");
            }
            if (landmarks is not null) file["landmarks"] = landmarks;
            file["imported"] = new JsonObject { ["file"] = text.File, ["format"] = format.Name };
            file["parameters"] = request.Values.ToJson();
            file["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version };
            return new OperationResult(new Dictionary<string, object> { ["transform"] = transform }, new JsonObject { ["transform"] = file });
        });

    public static Operation ExportPoints { get; } = new(
        "export_points", "Export points", "Writes a point cloud for another tool.",
        [new Port("points", PortKind.Points, "The points, nm, z, y, x.")],
        [new Port("file", PortKind.Text, "The other tool's file.")],
        [PointFormat, Unit],
        static (request, _) =>
        {
            IPointFormat format = PointFormats.Named(request.Values.Get(PointFormat));
            var points = request.Input<PointCloud>("points");
            string text = format.Write(points, LengthUnit.Parse(request.Values.Get(Unit), "unit"));
            return new OperationResult(new Dictionary<string, object>(), new JsonObject { ["files"] = Files(OutputFile.Single(text)), ["points"] = points.Count });
        });

    public static Operation ImportPoints { get; } = new(
        "import_points", "Import points", "Reads a point cloud that another tool wrote.",
        [new Port("in", PortKind.Text, "The other tool's file.")],
        [new Port("points", PortKind.Points, "The points, nm, z, y, x.")],
        [PointFormatOrAuto, Unit],
        static (request, job) =>
        {
            InputText text = request.Text("in");
            string name = request.Values.Get(PointFormatOrAuto);
            IPointFormat format = name == Auto ? PointFormats.Detect(text.Text, text.File) : PointFormats.Named(name);
            PointCloud points = format.Read(new ImportSource(text.Text, text.File, LengthUnit.Parse(request.Values.Get(Unit), "unit")));
            job.Log($"{text.File} was read as {format.Title}: {points.Count} points.");
            return new OperationResult(new Dictionary<string, object> { ["points"] = points }, new JsonObject { ["count"] = points.Count, ["format"] = format.Name });
        });

    /// <summary>The transform of a transform.json, turned round where it is the inverse.</summary>
    internal static SpatialTransform ReadOwn(InputText text, Job job)
    {
        bool turned = false;
        SpatialTransform transform = text.Named(() => TransformFile.ReadForward(text.Text, out turned));
        if (turned) job.Log($"{text.File} maps EM to fluorescence; its inverse is used.");
        return transform;
    }

    /// <summary>The landmarks of a spline, which are enough to make it again.</summary>
    private static IReadOnlyList<LandmarkPair>? OwnPairs(SpatialTransform transform)
    {
        bool inverted = transform is InverseTransform;
        if ((transform is InverseTransform inverse ? inverse.Forward : transform) is not ThinPlateSpline spline) return null;
        return [.. spline.ControlPoints.Select((p, i) => new LandmarkPair("Pt-" + i.ToString(CultureInfo.InvariantCulture), inverted ? spline.Apply(p) : p, inverted ? p : spline.Apply(p)))];
    }

    /// <summary>rigid, similarity or affine, whichever says most about the matrix.</summary>
    internal static string TypeOf(AffineTransform transform)
    {
        double scale = Math.Cbrt(transform.Determinant);
        if (!(scale > 0)) return "affine";
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
            {
                double product = 0;
                for (int k = 0; k < 3; k++) product += transform[k, i] * transform[k, j];
                if (Math.Abs(product / (scale * scale) - (i == j ? 1 : 0)) > 1e-6) return "affine";
            }
        return Math.Abs(scale - 1) <= 1e-6 ? "rigid" : "similarity";
    }

    /// <summary>The grid of an image that is given, or of a voxel size that is given in its place.</summary>
    private static (Grid? Grid, bool SizeKnown) GridOf(OperationRequest request, string role)
    {
        if (request.OptionalInput<ISliceSource>(role) is ISliceSource image) return (image.Grid, true);
        if (!request.Extra.TryGetProperty("spacings", out JsonElement spacings) || spacings.ValueKind != JsonValueKind.Object || !spacings.TryGetProperty(role, out JsonElement s)) return (null, false);
        if (s.ValueKind != JsonValueKind.Array || s.GetArrayLength() != 3 || s.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.Number))
            throw BadInputException.ForParameter(role + "_spacing", s.GetRawText(), "three lengths in nm (z, y, x)");
        return (new Grid(new Size3(1, 1, 1), new Point3(s[0].GetDouble(), s[1].GetDouble(), s[2].GetDouble())), false);
    }

    /// <summary>The file name of an image that is given.</summary>
    internal static string? NameOf(JsonElement request, string role) =>
        request.TryGetProperty("names", out JsonElement names) && names.ValueKind == JsonValueKind.Object && names.TryGetProperty(role, out JsonElement name)
        && name.ValueKind == JsonValueKind.String ? name.GetString() : null;

    internal static JsonArray Files(IReadOnlyList<OutputFile> files)
    {
        var list = new JsonArray();
        foreach (OutputFile file in files)
        {
            var json = new JsonObject { ["path"] = file.Path };
            if (file.Text is not null) json["text"] = file.Text;
            else json["base64"] = Convert.ToBase64String(file.Bytes!);
            list.Add((JsonNode)json);
        }
        return list;
    }
}
