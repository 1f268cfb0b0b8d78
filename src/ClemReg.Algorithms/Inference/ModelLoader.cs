using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Inference.OnnxRuntime;

namespace ClemReg.Algorithms.Inference;

/// <summary>Opens models: the file is looked through before the runtime sees it.</summary>
public static class ModelLoader
{
    /// <summary>Looks through a file.</summary>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="BadInputException">It is no model, damaged, or needs what the runtime lacks.</exception>
    public static ModelDescription Describe(string path, Job job) => OnnxModelCheck.Read(path, job);

    /// <summary>Loads a model that was looked through.</summary>
    /// <param name="key">The file, and how it is to run.</param>
    /// <param name="description">What the file holds.</param>
    /// <param name="files">Its stamp, and those of what stands beside it, from before it was looked through.</param>
    /// <param name="head">A second file that belongs to it, looked through too, or null.</param>
    /// <param name="job">Its log hears which library and which processor is used.</param>
    /// <exception cref="NotFoundException">There is no library of the runtime.</exception>
    /// <exception cref="ModelException">It cannot be used, or it refuses the model or the processor that was asked for.</exception>
    public static OpenModel Open(OpenModelKey key, ModelDescription description, IReadOnlyList<FileStamp> files, string? head, Job job)
    {
        IInferenceRuntime runtime = OrtLibrary.Load(null, key.Library, job);
        var options = new InferenceOptions { Provider = key.Provider, Threads = key.Threads };
        IInferenceSession session = runtime.Open(key.Path, options, job);
        try
        {
            return new OpenModel(key, files, description, session, head is null ? null : runtime.Open(head, options, job), runtime.Description);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
