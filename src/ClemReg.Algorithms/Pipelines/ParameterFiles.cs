using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Sets of values under a name, and parameter files: ours, and those of the published plugin (napari-clemreg).</summary>
internal static class ParameterFiles
{
    /// <summary>Keys of the published plugin that have no counterpart, and why.</summary>
    private static readonly Dictionary<string, string> Unused = new()
    {
        ["custom_z_zoom"] = "voxel sizes come from the images or moving_spacing and fixed_spacing",
        ["z_zoom_value"] = "voxel sizes come from the images or moving_spacing and fixed_spacing",
        ["warping_sub_division_factor"] = "images are warped slice by slice",
        ["moving_image_pixelsize_xy"] = "the voxel size comes from the image or moving_spacing",
        ["moving_image_pixelsize_z"] = "the voxel size comes from the image or moving_spacing",
        ["fixed_image_pixelsize_xy"] = "the voxel size comes from the image or fixed_spacing",
        ["fixed_image_pixelsize_z"] = "the voxel size comes from the image or fixed_spacing",
        ["params_from_json"] = "it is about that plugin's window",
        ["load_json_file"] = "it is about that plugin's window",
        ["save_json"] = "it is about that plugin's window",
        ["save_json_path"] = "it is about that plugin's window",
        ["visualise_intermediate_results"] = "it is about that plugin's window",
    };

    private static readonly Dictionary<string, string> Algorithms = new()
    {
        ["Rigid CPD"] = "rigid",
        ["Affine CPD"] = "affine",
        ["BCPD"] = "bcpd",
    };

    private static readonly Dictionary<string, string> Directions = new()
    {
        ["FM → EM"] = "fm_to_em",
        ["EM → FM"] = "em_to_fm",
    };

    /// <summary>The settings of napari-clemreg 0.2.1.</summary>
    private static readonly JsonObject Published = new()
    {
        [P.RegistrationAlgorithm.Name] = "rigid",
        [P.RegistrationMaxIterations.Name] = 50,
        // probreg's 1e-3 is a change of the summed likelihood, which 50 iterations do not reach: docs/decisions/09.
        [P.RegistrationTolerance.Name] = 0,
        [P.RegistrationOutlierWeight.Name] = 0,
        [P.RegistrationMinimumSigma.Name] = 0,
        [P.RegistrationScaleEstimate.Name] = "least_squares",
        [P.RegistrationNormalise.Name] = false,
        [P.RegistrationMaximumAnisotropy.Name] = 0,
        // probreg's BCPD.
        [P.BcpdOmega.Name] = 0,
        [P.BcpdLambda.Name] = 2,
        [P.BcpdBeta.Name] = 2,
        [P.BcpdKappa.Name] = 1e20,
        [P.BcpdGamma.Name] = 1,
        [P.BcpdMaxIterations.Name] = 50,
        [P.BcpdTolerance.Name] = 0,
        [P.ThinPlateControlPoints.Name] = 0,
    };

    /// <summary>Those of the paper (Krentzel et al. 2023, Methods), which differ from its plugin's in segmentation and sampling.</summary>
    private static readonly JsonObject Paper = new(Published.Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())))
    {
        [P.SegmentationGrid.Name] = "em_isotropic",
        [P.FilterSegmentation.Name] = true,
        [P.FilterSizeLower.Name] = 50,
        [P.FilterSizeUpper.Name] = 100,
        [P.PointCloudSamplingMethod.Name] = "random",
        [P.PointCloudSamplingFrequency.Name] = 5,
    };

    /// <summary>Point clouds in place of the images: what that saves and costs is in docs/benchmarks.md.</summary>
    private static readonly JsonObject Fast = new()
    {
        [P.RegistrationAlgorithm.Name] = "rigid",
        [P.PointCloudSource.Name] = "psf_aware",
        [P.Report.Name] = false,
    };

    /// <summary>The default's registration, images warped by splines; and what makes registrations of points more accurate.</summary>
    private static readonly JsonObject Best = new()
    {
        [P.PointCloudSource.Name] = "psf_aware",
        [P.WarpingInterpolationOrder.Name] = 3,
        [P.WarpingApproximateGrid.Name] = 2,
    };

    /// <summary>The values of a preset that <paramref name="operation"/> has.</summary>
    public static JsonObject Preset(string name, Operation operation)
    {
        var values = new JsonObject();
        JsonObject all = name switch { "fast" => Fast, "best" => Best, "published" => Published, "paper" => Paper, _ => [] };
        foreach ((string key, JsonNode? value) in all)
            if (operation.Parameters.Any(p => p.Name == key)) values[key] = value?.DeepClone();
        return values;
    }

    /// <summary>Reads an operation's values: defaults, then the preset, then the file, then what was given by itself.</summary>
    /// <param name="operation">Whose parameters.</param>
    /// <param name="file">The text of the user's file; null for none.</param>
    /// <param name="given">A JSON object; null for none.</param>
    /// <param name="job">Hears of keys that have no effect.</param>
    /// <param name="fileName">The name of the file, for messages.</param>
    /// <exception cref="BadInputException">An unknown key or a value that is not allowed.</exception>
    public static ParameterValues Read(Operation operation, string? file, JsonElement? given, Job job, string fileName = "")
    {
        string where = fileName.Length == 0 ? "the parameter file" : $"the parameter file {fileName}";
        JsonObject? fromFile = file is null ? null : Own(ParameterValues.Parse(file, where), operation, job);
        if (given is { } own) ParameterValues.CheckObject(own, "the parameters");
        var values = new ParameterValues(operation.Parameters);
        if (operation.Parameters.Contains(P.Preset))
        {
            // A preset lies under what the file and the user say, so its name is needed before they are read.
            var name = new ParameterValues([P.Preset]);
            if (fromFile?[P.Preset.Name] is { } n) name.Read(new JsonObject { [P.Preset.Name] = n.DeepClone() }, where);
            if (given is { } g && g.TryGetProperty(P.Preset.Name, out JsonElement p)) name.Read(new JsonObject { [P.Preset.Name] = JsonNode.Parse(p.GetRawText()) }, "the parameters");
            values.Read(Preset(name.Get(P.Preset), operation), "the preset");
        }
        if (fromFile is not null) values.Read(fromFile, where);
        if (given is { } last) values.Read(last, "the parameters");
        return values;
    }

    /// <summary>The values of a file under this operation's names. Keys of its sister operations do nothing, so that one file serves all steps.</summary>
    private static JsonObject Own(JsonObject file, Operation operation, Job job)
    {
        bool published = file.Any(p => Unused.ContainsKey(p.Key) || p.Key == "filter_size" || Translated(p.Key, p.Value) is not null);
        if (published) job.Log("The parameter file is one of napari-clemreg; its names are translated. What it leaves open has this plugin's defaults; preset = published has that plugin's.");
        var own = new JsonObject();
        foreach ((string key, JsonNode? value) in file)
        {
            if (published && Unused.TryGetValue(key, out string? why))
            {
                job.Log($"{key} of the parameter file has no effect here: {why}.");
                continue;
            }
            string name = published && key == "filter_size" ? P.FilterSizeLower.Name : key;
            bool known = operation.Parameters.Any(p => p.Name == name);
            if (!known && Operations.All.Any(o => o.Parameters.Any(p => p.Name == name)))
            {
                job.Log($"{key} of the parameter file is not a parameter of {operation.Name}, so it has no effect here.");
                continue;
            }
            own[name] = published && Translated(key, value) is { } translated ? JsonValue.Create(translated) : value?.DeepClone();
        }
        return own;
    }

    private static string? Translated(string key, JsonNode? value)
    {
        Dictionary<string, string>? words = key == P.RegistrationAlgorithm.Name ? Algorithms : key == P.RegistrationDirection.Name ? Directions : null;
        return words is not null && value is JsonValue text && text.TryGetValue(out string? word) ? words.GetValueOrDefault(word) : null;
    }
}
