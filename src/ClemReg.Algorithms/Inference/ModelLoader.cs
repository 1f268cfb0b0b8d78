using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Inference.OnnxRuntime;

namespace ClemReg.Algorithms.Inference;

/// <summary>Opens models: the file is looked through before the runtime sees it.</summary>
public sealed class ModelLoader
{
    private readonly IInferenceRuntime _runtime;
    private readonly InferenceOptions _options;

    /// <summary>Prepares.</summary>
    /// <param name="bundled">Where the plugin's own library of the runtime is, or null.</param>
    /// <param name="options">How models are to run.</param>
    /// <param name="job">Its log hears which library is used.</param>
    /// <exception cref="NotFoundException">There is no library of the runtime.</exception>
    /// <exception cref="ModelException">It cannot be used.</exception>
    public ModelLoader(string? bundled, InferenceOptions options, Job job) => (_runtime, _options) = (OrtLibrary.Load(null, bundled, job), options);

    /// <summary>The runtime, for reports.</summary>
    public string Runtime => _runtime.Description;

    /// <summary>Looks through a file.</summary>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="BadInputException">It is no model, damaged, or needs what the runtime lacks.</exception>
    public static ModelDescription Describe(string path, Job job) => OnnxModelCheck.Read(path, job);

    /// <summary>Loads a file that was looked through.</summary>
    /// <exception cref="ModelException">The runtime refuses it, or the processor that was asked for.</exception>
    public IInferenceSession Open(string path, Job job) => _runtime.Open(Path.GetFullPath(path), _options, job);
}
