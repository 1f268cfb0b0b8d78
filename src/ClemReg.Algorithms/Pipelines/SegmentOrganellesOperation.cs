using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Organelles;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Makes organelles of boxes in slices: pixels by a recipe for each class, composed across the slices, as labels and tables.</summary>
internal static class SegmentOrganellesOperation
{
    private const string Recipes = "Recipe", Composition = "Composition", Cleaning = "Cleaning", Segmenter = "segmenter", ByClass = "by_class", Linked = "linked", Paper = "paper";

    private static readonly LinkedCompositionOptions StandardLinks = new();
    private static readonly PaperCompositionOptions StandardPaper = new();

    private static readonly ChoiceParameter RecipePreset = new("recipe_preset", "Built-in recipes", Recipes,
        "Without a file of recipes: hela (early and late endosomes, mitochondria, lysosomes, nucleus) or yeast (cell, nucleus, mitochondria, Golgi, vacuoles, multivesicular bodies, lipid droplets), whose recipes are guesses: see the preview.", "hela", [.. RecipeBook.Presets])
    { Option = true };

    private static readonly ChoiceParameter RecipeKind = new("recipe", "Recipe", Recipes,
        "by_class: each class by its recipe in the file, or the built-in one. Else one for all classes: dark or bright organelles by a threshold, with the values below; ellipse; box; or labels, those of the segmentation.",
        ByClass, ByClass, "dark", "bright", "ellipse", "box", "labels")
    { Option = true };

    private static readonly NumberParameter Blur = new("recipe_blur", "Blur", Recipes, "nm", "For dark and bright: standard deviation of a Gaussian blur.", 10, 0, 1e5);
    private static readonly NumberParameter Erode = new("recipe_erode", "Erosion", Recipes, "nm", "For dark and bright: radius of a grey erosion after the blur; it parts what hangs together thinly.", 10, 0, 1e5);
    private static readonly NumberParameter Dilate = new("recipe_dilate", "Dilation", Recipes, "nm", "For dark and bright: radius of a grey dilation after the erosion.", 10, 0, 1e5);
    private static readonly NumberParameter Margin = new("recipe_margin", "Margin", Recipes, "nm", "For dark and bright: so much around the box is seen for the threshold as well, where boxes are so tight that they hold little background.", 0, 0, 1e5);
    private static readonly BooleanParameter FillHoles = new("recipe_fill_holes", "Fill holes", Recipes, "For dark and bright: holes in the organelle become part of it.", true);

    private static readonly ChoiceParameter Compose = new("composition", "Composition", Composition,
        "linked: slices are linked by overlap and shape of the pixels; gaps, bridges and double boxes are healed. paper: by the centres of boxes, as published (Nešić et al. 2023, algorithm 4).", Linked, Linked, Paper)
    { Option = true };

    private static readonly NumberParameter Overlap = new("link_overlap", "Least likeness", Composition, "", "linked: pixels of neighbouring slices are one organelle from this likeness on (intersection over union, movement and shape allowed for).", StandardLinks.Overlap, 0.01, 1)
    { Option = true };

    private static readonly IntegerParameter Missing = new("link_missing", "Missing slices", Composition, "slices", "linked: an organelle may have no box in so many slices in a row.", StandardLinks.MostMissing, 0, 1000)
    { Option = true };

    private static readonly BooleanParameter Fill = new("fill_gaps", "Fill gaps", Composition, "linked: the pixels of such slices are interpolated.", StandardLinks.Fill) { Option = true };

    private static readonly ChoiceParameter Bridges = new("bridges", "Bridges", Composition,
        "linked: parts that are one for some slices only are joined (lobes with a bridge between them), or split there (organelles that touch).", "join", "join", "split")
    { Option = true };

    private static readonly IntegerParameter JoinSlices = new("join_slices", "Slices of a bridge", Composition, "slices", "linked: parts that are one in fewer slices stay apart: one box around two organelles is a common fault.", StandardLinks.JoinSlices, 1, 1000)
    { Option = true };

    private static readonly IntegerParameter Layers = new("paper_layers", "Layers", Composition, "slices", "paper: layersToScanAboveMe.", StandardPaper.Layers, 1, 100_000);
    private static readonly NumberParameter Tolerance = new("paper_tolerance", "Tolerance", Composition, "", "paper: tolleranceFromCenter, in half sides of the larger box.", StandardPaper.Tolerance, 0.001, 100);

    private static readonly NumberParameter OutlierRadius = new("outlier_radius", "Neighbours within", Cleaning, "nm", "Voxels with few voxels of the same organelle in a ball of this radius are removed; 0: none are.", 0, 0, 1e6) { Option = true };
    private static readonly NumberParameter OutlierRatio = new("outlier_ratio", "Few", Cleaning, "standard deviations", "For outlier_radius: so far below the mean of the class.", 2, 0.01, 100);
    private static readonly IntegerParameter MinimumSize = new("minimum_size", "Least size", Cleaning, "voxels", "Smaller organelles are left out.", 1, 1, int.MaxValue) { Option = true };
    private static readonly IntegerParameter LeastSlices = new("least_slices", "Least slices", Cleaning, "slices", "Organelles in fewer slices are left out.", 1, 1, 100_000) { Option = true };
    private static readonly NumberParameter LeastDepth = new("least_depth", "Least depth", Cleaning, "",
        "linked: organelles of a detector's boxes that reach through the slices for a smaller share of their own width are left out: a detector's errors last for a few slices. Not those that the first or last slice may cut (link_missing), nor boxes with a score of 1, as drawn by hand. 0: none are.",
        OrganelleDepth.Standard, 0, 10)
    { Option = true };

    public static Operation Definition { get; } = new(
        "segment_organelles", "Segment Organelles",
        "Makes organelles in three dimensions of boxes in slices: the pixels in each box by a recipe for its class, composed across the slices. The boxes come from a YOLO network, from a file, or from ROIs.",
        [
            new Port("image", PortKind.Sections, "The EM, one slice or more: its slices are read one at a time."),
            new Port("boxes", PortKind.Boxes, "The boxes: a folder with a text a slice and obj.names, as YOLO_mark and Darknet have it, or as Detect Objects writes; a boxes.csv; or ROIs, named by class.", Required: false),
            new Port("model", PortKind.Model, "In place of boxes: the ONNX model of a YOLO network that finds them.", Required: false),
            new Port("recipes", PortKind.Text, "recipes.json: how the pixels of each class are found (docs/formats/recipes.md). Without it: the built-in recipes.", Required: false),
            new Port("names", PortKind.Text, "The classes' names, a name a line (obj.names), where the boxes only have numbers.", Required: false),
            new Port("segmentation", PortKind.Sections, "Labels or a mask of the image, for recipes that take the pixels from there: of MitoNet, Segment EM or any tool.", Required: false),
            new Port(Segmenter, PortKind.Model, "In place of segmentation: MitoNet, or any model that Segment EM takes; it is run on the image first, with seg_thr, em_tile and em_average_flips as there.", Required: false),
        ],
        [
            new Port("labels", PortKind.Source, "The organelles, each with a number of its own: 16 bit, or 32-bit float where there are more than 65,535."),
            new Port("objects", PortKind.Text, "objects.csv, suggestions.csv (what to look at), classes.csv (label, class: as Mesh takes it), recipes.json as it was used, run.json, and the boxes: boxes/obj.names and boxes/slice_0001.txt and so on."),
            new Port("overlay", PortKind.Volume, "A picture of some slices with boxes and organelles."),
        ],
        [
            RecipeKind, RecipePreset, Blur, Erode, Dilate, Margin, FillHoles,
            Compose, Overlap, Missing, Fill, Bridges, JoinSlices, Layers, Tolerance,
            OutlierRadius, OutlierRatio, MinimumSize, LeastSlices, LeastDepth,
            .. DetectObjectsOperation.OfNetwork,
            SegmentEmOperation.Threshold, EmModel.Tile, EmModel.Flips, EmModel.Downsampling,
        ],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var image = request.Input<ISliceSource>("image");
        Size3 size = image.Grid.Size;
        RecipeBook book = Book(request);
        var run = new JsonObject { ["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version } };
        double boxesDone = request.OptionalPath("model") is null ? 0.02 : request.OptionalPath(Segmenter) is null ? 0.6 : 0.3;
        ObjectBoxes given = job.Run("boxes", 0, boxesDone, part => Boxes(request, image, run, part));
        if (given.Boxes.Count == 0) job.Warn("There is no box, so there is no organelle.");
        Recipe[] recipes = Find(book, given, image.Grid.Spacing, request.IsCalibrated("image"), job);

        ISliceSource? segmentation = job.Run("segment", boxesDone, 0.6, part => Segmentation(request, image, given.Boxes, recipes, run, part));
        (IReadOnlyList<SliceOrganelle> found, IReadOnlyList<SliceBox> empty) = job.Run("pixels", 0.6, 0.8, part => OrganelleSegmentation.Run(image, segmentation, given.Boxes, recipes, part));
        if (empty.Count > 0)
            job.Warn($"{empty.Count} of {given.Boxes.Count} boxes hold no organelle's pixels, the first in slice {empty.Min(b => b.Slice) + 1}: they are of one grey value, or no label lies in them.");
        IReadOnlyList<Organelle3D> organelles = job.Run("compose", 0.8, 0.9, part => Composed(found, request.Values, part));
        int composed = organelles.Count;
        if (request.Values.Get(OutlierRadius) is > 0 and var radius)
        {
            (organelles, long removed) = job.Run("clean", 0.9, 0.93, part => NeighbourCleaning.Run(organelles, image.Grid.Spacing, radius, request.Values.Get(OutlierRatio), part));
            run["voxels_cleaned"] = removed;
        }
        double depth = request.Values.Get(Compose) == Linked ? request.Values.Get(LeastDepth) : 0;
        bool[] flat = [.. organelles.Select(o => OrganelleDepth.IsFlat(o, found, image.Grid, request.Values.Get(Missing), depth))];
        if (flat.Count(f => f) is > 0 and var count)
            job.Warn($"{Words.Count(count, "organelle")} left out: flatter than {LeastDepth.Name} = {depth.ToString(CultureInfo.InvariantCulture)} of their own width, as a detector's errors are.");
        organelles = Kept(organelles, flat, request.Values);
        LabelVolume labels = job.Run("paint", 0.93, 0.97, part => OrganellePainting.Paint(image.Grid, organelles, part));
        OrganelleReviews.Add(organelles, found, given.Classes, labels, job);

        var tables = new OrganelleTables(organelles, found, given.Classes, labels);
        string summary = Summary(organelles, found.Count, size, given.Classes, tables.Suggestions);
        run["composition"] = request.Values.Get(Compose);
        run["boxes"] = given.Boxes.Count;
        run["boxes_without_pixels"] = empty.Count;
        run["objects"] = organelles.Count;
        run["objects_left_out"] = composed - organelles.Count;
        run["classes"] = new JsonArray([.. given.Classes.Select(c => (JsonNode)c)]);
        if (InterchangeOperations.NameOf(request.Extra, "image") is { } name) run["image"] = name;
        run["parameters"] = request.Values.ToJson();
        run["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]);
        var report = (JsonObject)run.DeepClone();
        report["summary"] = summary;
        report["tables"] = tables.Json();
        (Volume<byte> picture, report["overlay"]) = job.Run("picture", 0.97, 1, part => Picture(image, labels, found, organelles, given.Classes, summary, part));
        report["files"] = InterchangeOperations.Files(
        [
            .. tables.Files,
            new OutputFile("recipes.json", RecipeBook.Write(given.Classes.Zip(recipes))),
            new OutputFile("run.json", run.ToJsonString(NgffAffine.JsonOptions) + "\n"),
            .. BoxFiles(given, found, size),
        ]);
        return new OperationResult(new Dictionary<string, object> { ["labels"] = labels, ["overlay"] = picture }, report);
    }

    /// <summary>The labels that are given, or those that the model finds; null where there are neither.</summary>
    private static ISliceSource? Segmentation(OperationRequest request, ISliceSource image, IReadOnlyList<SliceBox> boxes, Recipe[] recipes, JsonObject run, Job job)
    {
        var given = request.OptionalInput<ISliceSource>("segmentation");
        if (request.OptionalPath(Segmenter) is null) return given;
        if (given is not null) throw new BadInputException($"segmentation and {Segmenter} are both given: give one of them.");
        if (boxes.All(b => recipes[b.Box.Class].Pixels != PixelSource.Labels))
            throw new BadInputException($"{Segmenter}: no recipe of the boxes' classes takes its pixels from labels, so the model would be run in vain. Set {RecipeKind.Name} = labels, or \"pixels\": \"labels\" in the recipes.");
        (LabelVolume labels, run[Segmenter]) = SegmentEmOperation.Whole(image, new EmModel(request, job, port: Segmenter), request.Values.Get(SegmentEmOperation.Threshold), job);
        return labels;
    }

    private static RecipeBook Book(OperationRequest request)
    {
        ParameterValues values = request.Values;
        InputText? file = request.OptionalText("recipes");
        if (values.Get(RecipeKind) == ByClass) return file is null ? RecipeBook.Preset(values.Get(RecipePreset)) : file.Named(() => RecipeBook.Read(file.Text, file.File));
        if (file is not null) throw BadInputException.ForParameter(RecipeKind.Name, values.Get(RecipeKind), $"{ByClass} where recipes are given ({file.File})", "Leave one of them out.");
        var one = new Recipe { Blur = values.Get(Blur), Erode = values.Get(Erode), Dilate = values.Get(Dilate), Margin = values.Get(Margin), FillHoles = values.Get(FillHoles) };
        return RecipeBook.ForAll(values.Get(RecipeKind) switch
        {
            "dark" => one with { Polarity = Polarity.Dark },
            "bright" => one with { Polarity = Polarity.Bright },
            "ellipse" => new Recipe { Pixels = PixelSource.Ellipse },
            "box" => new Recipe { Pixels = PixelSource.Box },
            _ => new Recipe { Pixels = PixelSource.Labels },
        });
    }

    /// <summary>The boxes that are given, or those that the network finds.</summary>
    private static ObjectBoxes Boxes(OperationRequest request, ISliceSource image, JsonObject run, Job job)
    {
        IReadOnlyList<string>? names = BoxInput.Names(request);
        bool boxes = request.OptionalPath("boxes") is not null || request.OptionalText("boxes") is not null, model = request.OptionalPath("model") is not null;
        if (boxes == model)
            throw new BadInputException(boxes ? "boxes and model are both given: give one of them. Boxes that were found and corrected are enough."
                : "boxes is missing: give a folder or a table of boxes, ROIs, or a model that finds them.");
        if (boxes)
        {
            (ObjectBoxes read, string file) = BoxInput.Read(request, "boxes", image.Grid.Size, names, job);
            run["boxes_from"] = file;
            return read;
        }
        var list = new List<SliceBox>();
        DetectObjectsOperation.Network network = DetectObjectsOperation.Detect(request, image, (z, found) => list.AddRange(found.Select(b => new SliceBox(z, b))), job);
        run["model"] = network.Report;
        int count = Math.Max(network.Names.Count, list.Count == 0 ? 0 : list.Max(b => b.Box.Class) + 1);
        if (names is not null && names.Count < count) throw new BadInputException($"names: {names.Count} classes are named, but the network has {count}.");
        return new ObjectBoxes(names ?? [.. Enumerable.Range(0, count).Select(network.Name)], list);
    }

    /// <summary>The recipe of each class; classes without a box need none.</summary>
    private static Recipe[] Find(RecipeBook book, ObjectBoxes boxes, Point3 spacing, bool calibrated, Job job)
    {
        HashSet<int> used = [.. boxes.Boxes.Select(b => b.Box.Class)];
        var recipes = new Recipe[boxes.Classes.Count];
        for (int c = 0; c < recipes.Length; c++)
        {
            string name = boxes.Classes[c];
            Recipe? own = book.Find(name) ?? (book.IsBuiltIn ? RecipeBook.Presets.Select(p => RecipeBook.Preset(p).Find(name)).FirstOrDefault(r => r is not null) : null);
            if (own is null && used.Contains(c))
            {
                if (!book.IsBuiltIn) throw new BadInputException($"recipes: {book.File} has no recipe for the class {name} and no \"{RecipeBook.Otherwise}\". It has: {string.Join(", ", book.Classes)}.");
                job.Warn($"There is no built-in recipe for the class {name}: it is taken to be dark. Write one (recipes), or choose bright, ellipse or box (recipe).");
            }
            recipes[c] = own ?? RecipeBook.Unknown;
            recipes[c].Check($"the recipe of {name}", spacing);
            if (!calibrated && used.Contains(c) && recipes[c] is { Pixels: PixelSource.Threshold, Unit: RecipeUnit.Nm })
                throw new BadInputException($"image: its pixel size is not known, but the recipe of {name} is in nm. Set it (Image > Properties, or image_spacing), or give recipes in pixels (\"unit\": \"px\").");
        }
        return recipes;
    }

    private static IReadOnlyList<Organelle3D> Composed(IReadOnlyList<SliceOrganelle> found, ParameterValues values, Job job) => values.Get(Compose) == Paper
        ? PaperComposition.Compose(found, new PaperCompositionOptions { Layers = values.Get(Layers), Tolerance = values.Get(Tolerance) }, job)
        : LinkedComposition.Compose(found, new LinkedCompositionOptions
        {
            Overlap = values.Get(Overlap),
            MostMissing = values.Get(Missing),
            Fill = values.Get(Fill),
            Bridges = values.Get(Bridges) == "split" ? BridgeRule.Split : BridgeRule.Join,
            JoinSlices = values.Get(JoinSlices),
        }, job);

    /// <summary>Those that are large enough and not flat, with their reviews' places among them.</summary>
    private static List<Organelle3D> Kept(IReadOnlyList<Organelle3D> organelles, bool[] flat, ParameterValues values)
    {
        int[] place = new int[organelles.Count];
        var kept = new List<Organelle3D>();
        for (int i = 0; i < place.Length; i++)
        {
            Organelle3D o = organelles[i];
            place[i] = !flat[i] && o.Sections.Count >= values.Get(LeastSlices) && o.Sections.Sum(s => s.Pixels.Area) >= values.Get(MinimumSize) ? kept.Count : -1;
            if (place[i] >= 0) kept.Add(o);
        }
        foreach (Organelle3D o in kept)
        {
            Review[] own = [.. o.Reviews.Where(r => r.Other < 0 || place[r.Other] >= 0).Select(r => r.Other < 0 ? r : r with { Other = place[r.Other] })];
            o.Reviews.Clear();
            o.Reviews.AddRange(own);
        }
        return kept;
    }

    private static string Summary(IReadOnlyList<Organelle3D> organelles, int boxes, Size3 size, IReadOnlyList<string> classes, int suggestions)
    {
        string counts = string.Join(", ", organelles.GroupBy(o => o.Class).OrderBy(g => g.Key).Select(g => $"{g.Count()} {classes[g.Key]}"));
        return string.Create(CultureInfo.InvariantCulture, $"{Words.Count(organelles.Count, "organelle")} of {Words.Count(boxes, "box")} in {Words.Count(size.Z, "slice")}{(counts.Length == 0 ? "" : ": " + counts)}; {Words.Count(suggestions, "suggestion")} to look at.");
    }

    /// <summary>The boxes in which pixels were found, as annotation is kept.</summary>
    private static IEnumerable<OutputFile> BoxFiles(ObjectBoxes given, IReadOnlyList<SliceOrganelle> found, Size3 size)
    {
        string digits = "D" + Math.Max(4, size.Z.ToString(CultureInfo.InvariantCulture).Length);
        ILookup<int, DetectedBox> slices = found.ToLookup(f => f.Slice, f => f.Box);
        yield return new OutputFile("boxes/obj.names", string.Concat(given.Classes.Select(c => c + "\n")));
        foreach (int z in given.Annotated?.Union(slices.Select(s => s.Key)).Order() ?? slices.Select(s => s.Key).Order())
            yield return new OutputFile($"boxes/slice_{(z + 1).ToString(digits, CultureInfo.InvariantCulture)}.txt", YoloLabels.Write(slices[z], size.Y, size.X, scores: true));
    }

    private static (Volume<byte>, JsonObject) Picture(ISliceSource image, LabelVolume labels, IReadOnlyList<SliceOrganelle> found, IReadOnlyList<Organelle3D> organelles, IReadOnlyList<string> classes, string summary, Job job)
    {
        bool several = organelles.Select(o => o.Class).Distinct().Count() > 1;
        OrganellePicture picture = OrganellePicture.Draw(image, labels, found, label => several ? ClassPalette.Of(classes[organelles[label - 1].Class], organelles[label - 1].Class) : Rgb.Of(label - 1),
            number => ClassPalette.Of(classes[number], number), job);
        var words = new JsonArray();
        foreach ((int slice, int x, int y) in picture.Panels) words.Add((JsonNode)new JsonObject { ["text"] = $"slice {slice + 1}", ["x"] = x + 6, ["y"] = y + 18 });
        double perNm = picture.PixelsPerPixel / image.Grid.Spacing.X, length = RoundLength.AtMost(picture.Planes.Grid.Size.X / 5.0 / perNm);
        var bar = new JsonObject
        {
            ["x"] = 12,
            ["y"] = picture.Planes.Grid.Size.Y - 18,
            ["width"] = length * perNm,
            ["height"] = 5,
            ["text"] = length >= 1000 ? (length / 1000).ToString("G4", CultureInfo.InvariantCulture) + " µm" : length.ToString("G4", CultureInfo.InvariantCulture) + " nm",
        };
        return (picture.Planes, new JsonObject { ["labels"] = words, ["scale_bars"] = new JsonArray(bar), ["caption"] = $"Boxes and organelles{(several ? ", coloured by class" : "")}. {summary}" });
    }
}
