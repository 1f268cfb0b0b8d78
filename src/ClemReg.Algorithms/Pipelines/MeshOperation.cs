using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Cleaning;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Makes closed surfaces of the objects of a label image and measures them; writes its folder itself, because there may be thousands of files.</summary>
internal static class MeshOperation
{
    private const string Image = "Image", Surface = "Surface", Measures = "Measures", Files = "Files";
    private static readonly string[] Formats = ["stl", "obj", "ply"];

    /// <summary>An image that looks like grey values has at most so many; 8 bits have no more.</summary>
    private const int MostGreyValues = 255;

    private static readonly BooleanParameter Components = new("label_components", "Separate what does not touch", Image,
        "Each connected piece of each value is an object of its own: for masks, and for images with one value a class.", false)
    { Option = true };

    private static readonly IntegerParameter MinimumSize = new("minimum_size", "Least size", Image, "voxels", "Smaller objects are left out.", 1, 1, int.MaxValue) { Option = true };

    private static readonly NumberParameter Outliers = new("clean_outliers", "Clean outliers", Image, "",
        "Leaves out voxels that have fewer neighbours of their object than this part of their class's mean, before anything is measured: 0.25 takes away specks and threads, 0 nothing.", 0, 0, 1)
    { Option = true };

    private static readonly NumberParameter OutlierRadius = new("outlier_radius", "Outlier radius", Image, "nm", "How far clean_outliers looks for neighbours; 0: two voxels of the longest side.", 0, 0, 1e6) { Option = true };

    private static readonly ChoiceParameter Method = new("surface", "Surface", Surface,
        "voxels: marching cubes on the smoothed labels, which keeps holes and volume. paper: as FAMOUS does it in Blender, from convex hulls that are wrapped onto the object's points: one piece without holes.", "voxels", "voxels", "paper")
    { Option = true };

    private static readonly NumberParameter Smoothing = new("smoothing", "Smoothing", Surface,
        "", "How strongly the steps between voxels and slices are smoothed: 1 suits shapes whose steps mean nothing, 0 keeps every step. Each object keeps the volume of its voxels.", 1, 0, 3)
    { Option = true };

    private static readonly IntegerParameter Taubin = new("taubin_rounds", "Taubin rounds", Surface, "",
        "Further smoothing of the surface itself, by Taubin's method, which does not shrink: 10 is little, 100 much. It wears fine structure away.", 0, 0, 1000)
    { Option = true };

    private static readonly NumberParameter DecimationError = new("decimation_error", "Decimation error", Surface, "nm",
        "Triangles are joined as long as the surface stays this close to the full one; 0: a quarter of a voxel's shortest side. Measures are taken before.", 0, 0, 1e6)
    { Option = true };

    private static readonly BooleanParameter AllTriangles = new("all_triangles", "Keep all triangles", Surface, "Nothing is decimated: files some 30 times as large.", false) { Option = true };

    private static readonly NumberParameter ContactLimit = new("contact_limit", "Contact limit", Measures, "nm",
        "Pairs of objects whose surfaces come this close are listed with their distance; 0: none.", 100, 0, 1e6)
    { Option = true };

    private static readonly BooleanParameter Lengths = new("path_length", "Length along the middle", Measures, "Measures the longest way inside each object, along its middle: the length of a tube.", true) { Option = true };

    private static readonly TextParameter Format = new("format", "Formats", Files,
        "stl: a binary file a label; obj: all.obj with groups and colours for each class; ply: all.ply with a colour and a label at each vertex.", "stl,obj", "stl, obj and ply, separated by commas")
    { Option = true };

    private static readonly BooleanParameter Picture = new("picture", "Picture", Files, "Draws all surfaces into meshes.png.", true) { Option = true };

    private static readonly BooleanParameter View = new("view", "View", Files, "Makes view.html, a page that shows all surfaces and their measures in any browser: turn, zoom, click.", true) { Option = true };

    private static readonly NumberParameter ViewLimit = new("view_limit", "Largest view", Files, "MB", "A view.html that would be larger is left out; a larger decimation_error makes it smaller. A page of more than about 100 MB opens slowly.", 20, 1, 400)
    { Option = true };

    public static Operation Definition { get; } = new(
        "mesh", "Mesh and Measure Objects",
        "Makes a closed surface of each object of a label image, measures volume, area, shape, length and distances, and writes STL, OBJ or PLY in nm, tables and a picture.",
        [
            new Port("labels", PortKind.Source, "The label image: whole numbers, 0 is background. Its slices are read one at a time."),
            new Port("classes", PortKind.Text, "Which class each label belongs to: a CSV with the header label,class. With label_components: each value of the image.", Required: false),
        ],
        [new Port("meshes", PortKind.Folder, "The folder to be written: label_N.stl for each label N, all.obj, all.ply, objects.csv, classes.csv, contacts.csv, meshes.png, view.html, mesh.json.")],
        [Components, MinimumSize, Outliers, OutlierRadius, Method, Smoothing, Taubin, DecimationError, AllTriangles, ContactLimit, Lengths, Format, Picture, View, ViewLimit],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        ParameterValues values = request.Values;
        HashSet<string> formats = ReadFormats(values.Get(Format));
        string target = request.OptionalPath("meshes") ?? throw new BadInputException("out is missing: give the folder to be written.");
        InputText? classText = request.OptionalText("classes");
        Dictionary<int, string>? classes = classText is null ? null : EvaluateOperation.ReadClasses(classText);
        var image = request.Input<ISliceSource>("labels");
        using var folder = new ResultFolder(target, request.Overwrite);
        // Files that stay open while objects are added tell of a full disk at any moment, and when they are closed.
        return folder.Writing(() => Fill(values, formats, image, classText, classes, folder, job));
    }

    private static OperationResult Fill(
        ParameterValues values, HashSet<string> formats, ISliceSource image, InputText? classText, Dictionary<int, string>? classes, ResultFolder folder, Job job)
    {
        (LabelVolume labels, SeparateStructures? parts) = job.Run("reading", 0, 0.08, part => Read(image, "labels", values.Get(Components), part));
        int Value(int label) => parts?.ValueOf(label) ?? label;
        string Class(int label) => classes is null ? "" : classes.GetValueOrDefault(Value(label), MeshTables.Unlisted);
        if (values.Get(Outliers) > 0) labels = job.Run("outliers", 0.08, 0.1, part => WithoutOutliers(labels, Class, values, part));
        int minimum = values.Get(MinimumSize);
        LabelledObject[] objects = [.. labels.Objects.Where(o => o.Voxels >= minimum)];
        if (objects.Length == 0)
            throw new BadInputException(labels.Objects.Count == 0 ? "labels: there is no object; all voxels are 0. Give a label image or a mask." : $"labels: none of {labels.Objects.Count} objects has minimum_size = {minimum} voxels or more.");
        Point3 s = labels.Grid.Spacing;
        var options = new MeshRunOptions
        {
            Surface = new SurfaceOptions { FromHulls = values.Get(Method) == "paper", Smoothing = values.Get(Smoothing), TaubinRounds = values.Get(Taubin) },
            DecimationError = values.Get(AllTriangles) ? 0 : values.Get(DecimationError) is > 0 and var error ? error : Math.Min(s.Z, Math.Min(s.Y, s.X)) / 4,
            ContactLimit = values.Get(ContactLimit),
            PathLengths = values.Get(Lengths),
            Formats = formats,
            Picture = values.Get(Picture),
        };
        using ViewFile? view = values.Get(View) ? new ViewFile(folder.PathOf("view.html"), (long)(values.Get(ViewLimit) * 1e6)) : null;
        MeshRunResult made = MeshRun.Run(labels, objects, Class, options, folder, view, job);

        var tables = new MeshTables(made, Value, Class, classes is not null, parts is not null);
        foreach (ResultTable table in tables.All) folder.Write(table.Name + ".csv", stream => stream.Write(Encoding.UTF8.GetBytes(table.Csv())));
        if (view is not null && !view.Finish(labels.Grid, tables.Objects.Json()))
            job.Warn(string.Create(CultureInfo.InvariantCulture, $"view.html is left out: it would take {view.Bytes / 1e6:0.#} MB, more than view_limit = {values.Get(ViewLimit):R}. Raise that, or decimation_error, which is {options.DecimationError:R} nm."));
        if (classes is not null && tables.WithoutClass > 0) job.Warn($"{tables.WithoutClass} of {objects.Length} objects have no class in {classText!.File}; they stand under {MeshTables.Unlisted}.");
        int cut = made.Objects.Count(o => o.Measures.AtBorder);
        if (cut > 0) job.Log($"{cut} of {objects.Length} objects touch the border of the volume. They are closed there and flagged (at_border); what lies beyond is not measured.");
        JsonObject report = Report(labels, made, options, values, tables, job);
        folder.Write("mesh.json", stream => stream.Write(Encoding.UTF8.GetBytes(report.ToJsonString(NgffAffine.JsonOptions) + "\n")));
        job.ThrowIfCancelled();
        folder.Commit();
        return new OperationResult(new Dictionary<string, object>(), report);
    }

    private static JsonObject Report(LabelVolume labels, MeshRunResult made, MeshRunOptions options, ParameterValues values, MeshTables tables, Job job)
    {
        long triangles = made.Objects.Sum(o => (long)o.Triangles), written = made.Objects.Sum(o => (long)o.Written);
        string summary = string.Create(CultureInfo.InvariantCulture,
            $"{Words.Count(made.Objects.Count, "object")}, {made.Objects.Sum(o => o.Measures.VoxelVolume) * 1e-9:G4} µm³, {made.Objects.Sum(o => o.AreaNm2) * 1e-6:G4} µm²; {Words.Count(triangles, "triangle")}, {written} written; {Words.Count(made.Contacts.Count, "contact")}.");
        return new JsonObject
        {
            ["format"] = "clemreg-meshes",
            ["version"] = 1,
            ["summary"] = summary,
            ["unit"] = "nm",
            ["axes"] = "meshes: x, y, z; tables: as their headers say",
            ["spacing_zyx_nm"] = new JsonArray(labels.Grid.Spacing.Z, labels.Grid.Spacing.Y, labels.Grid.Spacing.X),
            ["origin_zyx_nm"] = new JsonArray(labels.Grid.Origin.Z, labels.Grid.Origin.Y, labels.Grid.Origin.X),
            ["objects"] = made.Objects.Count,
            ["triangles"] = triangles,
            ["triangles_written"] = written,
            ["decimation_error_nm"] = options.DecimationError,
            ["tables"] = tables.Json(),
            ["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]),
            ["parameters"] = values.ToJson(),
            ["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version },
        };
    }

    /// <summary>Reads a label image or a mask slice by slice; there may be no object in it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="port">What the user calls it.</param>
    /// <param name="components">Whether each connected piece of each value is an object of its own.</param>
    /// <param name="job">The work.</param>
    /// <returns>The labels, and of pieces their values in the image.</returns>
    /// <exception cref="BadInputException">It holds no labels.</exception>
    internal static (LabelVolume Labels, SeparateStructures? Parts) Read(ISliceSource image, string port, bool components, Job job)
    {
        SeparateStructures? parts = components ? SeparateStructures.Find(image, job) : null;
        if (parts is { Count: 0 }) parts = null;
        MaskOrLabels read = MaskOrLabels.Read(parts ?? image, false, job, port, "; for a mask of separate objects set label_components");
        if (read.Labels is { } labels)
        {
            // Grey values would be thousands of objects of scattered voxels.
            if (parts is null && !LabelDetection.LooksLikeLabels(image, job))
            {
                string what = $"{port}: its values look like grey values, not like labels ({labels.Objects.Count} different ones whose voxels hardly touch)";
                if (labels.Objects.Count > MostGreyValues) throw new BadInputException(what + ". Give a label image or a mask, such as Segment EM or Segment Fluorescence makes; for a mask of other values set label_components.");
                job.Warn(what + ".");
            }
            return (labels, parts);
        }
        using BitVolume mask = read.Mask!;
        return (MaskOrLabels.Labelled(mask, read.Value, image.Type, job), parts);
    }

    private static LabelVolume WithoutOutliers(LabelVolume labels, Func<int, string> classOf, ParameterValues values, Job job)
    {
        Point3 s = labels.Grid.Spacing;
        double part = values.Get(Outliers);
        LabelVolume cleaned = NeighbourCleaning.Run(labels, classOf, part, values.Get(OutlierRadius) is > 0 and var radius ? radius : 2 * Math.Max(s.Z, Math.Max(s.Y, s.X)), job);
        long gone = labels.Objects.Sum(o => o.Voxels) - cleaned.Objects.Sum(o => o.Voxels);
        int lost = labels.Objects.Count - cleaned.Objects.Count;
        if (cleaned.Objects.Count == 0 && labels.Objects.Count > 0) throw BadInputException.ForParameter(Outliers.Name, part, "less here: no object would be left");
        job.Log($"clean_outliers: {gone} voxels left out, {lost} of {labels.Objects.Count} objects whole.");
        return cleaned;
    }

    private static HashSet<string> ReadFormats(string text)
    {
        string[] names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0 || names.Any(n => !Formats.Contains(n))) throw BadInputException.ForParameter(Format.Name, text, Format.Allowed);
        return [.. names];
    }

    /// <summary>Reads a voxel size: one length in nm, or z,xy, or z,y,x.</summary>
    /// <exception cref="BadInputException">Something else; the message names the parameter.</exception>
    internal static Point3 ReadSpacing(TextParameter parameter, string text)
    {
        string[] parts = text.Split(',');
        var nm = new double[parts.Length];
        if (parts.Length > 3) throw BadInputException.ForParameter(parameter.Name, text, parameter.Allowed);
        for (int i = 0; i < parts.Length; i++)
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out nm[i]) || !double.IsFinite(nm[i]) || nm[i] <= 0) throw BadInputException.ForParameter(parameter.Name, text, parameter.Allowed);
        return new Point3(nm[0], nm[Math.Min(1, nm.Length - 1)], nm[^1]);
    }
}
