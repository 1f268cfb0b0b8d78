using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.Conversion;
using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>
/// A model that sees the EM, and the parameters that say how: what segment_em and model_probability share. It is MitoNet, or another network of its kind, or a
/// model of probabilities, which has a card.
/// </summary>
internal sealed class EmModel
{
    public const string ModelGroup = "Model", MitoNetGroup = "MitoNet only";

    public static readonly Port ImagePort = new("image", PortKind.Source, "The EM: its slices are read one at a time.");

    public static readonly Port ModelPort = new("model", PortKind.Model,
        "The ONNX model. A file NAME.json beside NAME.onnx, or bioimage.io's rdf.yaml, says what it wants (docs/model-cards.md).");

    public static readonly ChoiceParameter Provider = new("provider", "Processor", ModelGroup,
        "What computes the network: auto takes a graphics processor where one can be used, and else the CPU. cuda and tensorrt need a build of ONNX Runtime of your own (environment variable FIJI_ORT_LIB).",
        "auto", [.. ExecutionProviders.Names])
    { Option = true };

    public static readonly IntegerParameter Tile = new("em_tile", "Tile", ModelGroup, "pixels",
        "The side of the pieces that a network of probabilities is given at once; 0 takes what the model or its card says, or what is usual. Smaller pieces need less memory. MitoNet sees whole slices.", 0, 0, 16384);

    public static readonly BooleanParameter Flips = new("em_average_flips", "Average flips", ModelGroup,
        "A network of probabilities also sees each piece mirrored along x, along y and along both, and the four answers are averaged: mostly a little better, four times as slow. Not for MitoNet.", false)
    { Option = true };

    public static readonly TextParameter Intensities = new("em_intensity_range", "Intensity range", ModelGroup,
        "The intensities that count as black and white, as low,high: 0,4095 for 12 bits in a 16-bit image. Empty: 0,255 for 8 bit, 0,65535 for 16 bit; images of 32-bit floats need it.", "", "two numbers, the lower one first, such as 0,4095");

    public static readonly IntegerParameter Downsampling = new("downsample_f", "Downsampling", MitoNetGroup, "", "The network sees the slices this many times smaller: 1, 2, 4 and so on. For pixels below about 5 nm.", 1, 1, 64);

    /// <summary>Parts of an operation's progress at which the model is known, and open: small, so that the time left is told from the slices.</summary>
    private const double Known = 0.002, Opened = 0.005;

    /// <summary>Pixels (nm) that MitoNet's training images had, with some room.</summary>
    private const double LeastMitoNetPixel = 4, MostMitoNetPixel = 25;

    /// <summary>The image's pixels over the model's, or the reverse: from here on one of them is wrong, mostly nm for µm.</summary>
    private const double Hopeless = 20;

    private readonly string _path;
    private readonly ParameterValues _values;
    private readonly string? _bundled;
    private readonly bool _keep;
    private readonly FileStamp[] _files;
    private readonly ModelDescription _description;

    /// <summary>Looks through the request's model and finds its card; nothing is loaded yet.</summary>
    /// <param name="request">Names the model.</param>
    /// <param name="job">The work.</param>
    /// <param name="keep">The model stays open for a while, as it will be asked for again soon.</param>
    /// <param name="port">The input that is the model.</param>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="BadInputException">It is no model, or its card or the intensities cannot be read.</exception>
    /// <exception cref="ModelException">It finds no structures in images.</exception>
    public EmModel(OperationRequest request, Job job, bool keep = false, string port = "model")
    {
        (_path, _values, _keep) = (request.Path(port), request.Values, keep);
        _bundled = Bundled(request);
        (Low, High) = Range(_values.Get(Intensities));
        // Before the files are read: a change meanwhile is noticed the next time.
        FileStamp[] files = [FileStamp.Of(_path), FileStamp.Of(ModelConversion.PointHeadPath(_path))];
        _description = job.Run("check_model", 0, Known, part => (keep ? ModelShelf.OfProcess.Description(_path) : null) ?? ModelLoader.Describe(_path, part));
        _files = [.. files, .. _description.ExternalFiles.Select(f => FileStamp.Of(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_path))!, f)))];
        if (OnnxPanopticNetwork.Is(_description)) return;
        Card = ModelCards.Find(_path, _description, job);
        if (_values.Get(Tile) is > 0 and var side) Card = Card with { Tile = Card.Volumetric ? new Size3(side, side, side) : new Size3(1, side, side) };
    }

    /// <summary>What is known about a model of probabilities; null: the model is MitoNet.</summary>
    public ModelCard? Card { get; }

    /// <summary>The intensity that counts as black; null: as the image's type says.</summary>
    public double? Low { get; }

    /// <summary>The one that counts as white.</summary>
    public double? High { get; }

    /// <summary>What computed it, once it was opened.</summary>
    public string Used { get; private set; } = "";

    /// <summary>The software that ran it, once it was opened.</summary>
    public string Runtime { get; private set; } = "";

    /// <summary>The model's name for messages.</summary>
    public string File => _description.File;

    /// <summary>MitoNet's options with what the request's parameters and the model's file say of the images.</summary>
    public MitoNetOptions Described(MitoNetOptions options) =>
        OnnxPanopticNetwork.Described(options with { Downsampling = _values.Get(Downsampling), IntensityLow = Low, IntensityHigh = High }, _description);

    /// <summary>Opens a model of probabilities and does the rest of the operation's work.</summary>
    public T WithProbabilities<T>(ISliceSource em, Job job, Func<TiledModel, Job, T> work)
    {
        ComparePixels(em.Grid, Card!, job);
        return Use(null, job, (model, part) => work(new TiledModel(model.Session, Card!, _values.Get(Flips), model.Memory), part));
    }

    /// <summary>Opens MitoNet, the point head of its dense graph included, and does the rest of the operation's work.</summary>
    public T WithMitoNet<T>(ISliceSource em, MitoNetOptions options, Job job, Func<OnnxPanopticNetwork, Job, T> work)
    {
        options.Check();
        WarnOfPixels(em.Grid.Spacing, options.Downsampling, job);
        bool dense = _description.Outputs.Any(o => o.Name == OnnxPanopticNetwork.FeatureOutput);
        string? head = dense && ModelConversion.PointHeadPath(_path) is var beside && System.IO.File.Exists(beside) ? beside : null;
        if (head is not null) ModelLoader.Describe(head, job);
        return Use(head, job, (model, part) =>
        {
            using var network = new OnnxPanopticNetwork(model.Session, model.Head, options, model.Memory);
            network.CheckMemory(em.Grid.Size, part);
            return work(network, part);
        });
    }

    /// <summary>What a report says of the model.</summary>
    /// <param name="threshold">The probability from which on a voxel belongs to the structure.</param>
    /// <param name="options">MitoNet's, where it is that.</param>
    public JsonObject About(double threshold, MitoNetOptions? options)
    {
        var about = new JsonObject();
        if (Card is null)
        {
            about["kind"] = "MitoNet";
            about["mean"] = options!.Mean;
            about["std"] = options.StandardDeviation;
            about["padding_factor"] = options.PaddingFactor;
        }
        else
        {
            about["kind"] = Card.Volumetric ? "volumes" : "slices";
            about["name"] = Card.Name;
            about["pixel_size_nm"] = Card.PixelNm.X > 0 ? new JsonArray(Card.PixelNm.Z, Card.PixelNm.Y, Card.PixelNm.X) : null;
            about["normalisation"] = Card.Normalisation.Kind.ToString().ToLowerInvariant();
            about["average_flips"] = _values.Get(Flips);
        }
        about["threshold"] = threshold;
        about["file"] = File;
        about["weights"] = _description.Weights;
        about["runtime"] = Runtime;
        about["provider"] = Used;
        return about;
    }

    /// <summary>The report of an operation: the same in the answer, with the summary, and as run.json.</summary>
    /// <param name="about">What <see cref="About"/> gave.</param>
    /// <param name="found">The operation's own entries.</param>
    /// <param name="summary">A line for the user.</param>
    /// <param name="job">Its warnings are told too.</param>
    public JsonObject Report(JsonObject about, JsonObject found, string summary, Job job)
    {
        var run = new JsonObject { ["software_version"] = Operations.Version, ["model"] = about };
        foreach ((string key, JsonNode? value) in found) run[key] = value?.DeepClone();
        using (Process process = Process.GetCurrentProcess()) run["peak_memory_mb"] = Math.Round(process.PeakWorkingSet64 / (double)(1 << 20), 1);
        run["parameters"] = _values.ToJson();
        run["warnings"] = new JsonArray([.. job.Warnings.Select(w => (JsonNode)w)]);
        var report = (JsonObject)run.DeepClone();
        report["summary"] = summary;
        report["files"] = new JsonArray(new JsonObject { ["path"] = "run.json", ["text"] = run.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n" });
        return report;
    }

    /// <summary>Opens the model, or takes it as it was left open, and works with it.</summary>
    private T Use<T>(string? head, Job job, Func<OpenModel, Job, T> work)
    {
        var key = new OpenModelKey(Path.GetFullPath(_path), ExecutionProviders.Parse(_values.Get(Provider)), job.Threads, _bundled);
        OpenModel model = job.Run("load_model", Known, Opened, part =>
            ModelShelf.OfProcess.Take(key) ?? ModelLoader.Open(key, _description, _files, head is null ? null : Path.GetFullPath(head), part));
        (Used, Runtime) = (model.Session.Provider.Name(), model.Runtime);
        bool sound = false;
        try
        {
            T result = job.Run("use_model", Opened, 1, part => work(model, part));
            sound = true;
            return result;
        }
        catch (OperationCanceledException)
        {
            sound = true;
            throw;
        }
        finally
        {
            if (sound && _keep) ModelShelf.OfProcess.Put(model);
            else model.Dispose();
        }
    }

    /// <exception cref="BadInputException">The image's pixels and the model's cannot both be right.</exception>
    private static void ComparePixels(Grid grid, ModelCard card, Job job)
    {
        (Point3 own, Point3 wanted) = (grid.Spacing, card.PixelNm);
        if (wanted.X <= 0) return;
        double z = card.Volumetric ? own.Z / wanted.Z : 1, y = own.Y / wanted.Y, x = own.X / wanted.X, height = Math.Round(grid.Size.Y * y), width = Math.Round(grid.Size.X * x);
        string sizes = string.Create(CultureInfo.InvariantCulture, $"The image's pixels are {own.X:0.####} nm{(card.Volumetric ? $" (its slices {own.Z:0.##} nm apart)" : "")}, the model's {wanted.X:0.##} nm");
        if (Math.Max(z, Math.Max(y, x)) > Hopeless || Math.Min(z, Math.Min(y, x)) < 1 / Hopeless || height * width > Grid.MostSlicePixels)
            throw new BadInputException(string.Create(CultureInfo.InvariantCulture,
                $"{sizes}: resampled for the model, slices of {grid.Size.X} x {grid.Size.Y} pixels would have {width:0} x {height:0}. Check the image's pixel size and its unit (Image > Properties), or give image_spacing; if it is right, the model is for other images."));
        if (x is < 0.2 or > 5) job.Warn($"{sizes}: check the image's pixel size (Image > Properties).");
        else if (Math.Abs(y - 1) > 0.01 || Math.Abs(x - 1) > 0.01) job.Log($"{sizes}: the image is resampled for the model.");
    }

    private static void WarnOfPixels(Point3 own, int downsampling, Job job)
    {
        double pixel = Math.Sqrt(own.Y * own.X) * downsampling;
        if (pixel is >= LeastMitoNetPixel and <= MostMitoNetPixel) return;
        int fits = 1;
        while (fits < Downsampling.Maximum && fits * pixel / downsampling < LeastMitoNetPixel) fits *= 2;
        string advice = pixel > MostMitoNetPixel ? "Small mitochondria will be missed; use a finer image if there is one, and check the image's pixel size (Image > Properties)."
            : fits * pixel / downsampling < LeastMitoNetPixel ? "Check the image's pixel size and its unit (Image > Properties)."
            : $"Set {Downsampling.Name} = {fits}, and check the image's pixel size (Image > Properties).";
        job.Warn(string.Create(CultureInfo.InvariantCulture, $"The network sees pixels of {pixel:0.####} nm; MitoNet was trained on about 5 to 20 nm. {advice}"));
    }

    /// <summary>Where Java says that the plugin's own library of the runtime is.</summary>
    internal static string? Bundled(OperationRequest request) =>
        request.Extra.TryGetProperty("onnxruntime", out JsonElement library) && library.ValueKind == JsonValueKind.String ? library.GetString() : null;

    /// <summary>The two intensities of <see cref="Intensities"/>; null where it is empty.</summary>
    /// <exception cref="BadInputException">It is no range.</exception>
    internal static (double? Low, double? High) Range(string text)
    {
        if (text.Length == 0) return (null, null);
        string[] parts = text.Split(',');
        if (parts.Length == 2 && double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double low)
            && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double high) && low < high && double.IsFinite(high - low)) return (low, high);
        throw BadInputException.ForParameter(Intensities.Name, text, Intensities.Allowed);
    }
}
