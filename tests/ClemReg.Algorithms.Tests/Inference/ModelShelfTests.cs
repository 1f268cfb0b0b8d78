using ClemReg.Algorithms.Inference;

namespace ClemReg.Algorithms.Tests.Inference;

public sealed class ModelShelfTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-shelf").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class Session : IInferenceSession
    {
        public bool Released { get; private set; }

        public ExecutionProvider Provider => ExecutionProvider.Cpu;

        public IReadOnlyList<TensorInfo> Inputs => [];

        public IReadOnlyList<TensorInfo> Outputs => [];

        public IReadOnlyDictionary<string, string> Metadata => new Dictionary<string, string>();

        public InferenceResult Run(IReadOnlyDictionary<string, InferenceTensor> inputs, Job job, IReadOnlyDictionary<string, InferenceTensor?>? outputs = null) => throw new NotSupportedException();

        public void Dispose() => Released = true;
    }

    private string Write(string name, string text = "model")
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static OpenModelKey Key(string path, ExecutionProvider provider = ExecutionProvider.Cpu, int threads = 2) => new(path, provider, threads, null);

    private static (OpenModel Model, Session Session, Session Head) Open(OpenModelKey key, params string[] beside)
    {
        Session session = new(), head = new();
        var description = ModelLoader.Describe(TestRuntime.Golden("dark.onnx"), new Job(1));
        return (new OpenModel(key, [FileStamp.Of(key.Path), .. beside.Select(FileStamp.Of)], description, session, head, "runtime"), session, head);
    }

    [Fact]
    public void The_model_that_was_put_there_is_taken_once()
    {
        using var shelf = new ModelShelf(TimeSpan.FromMinutes(1));
        string path = Write("a.onnx");
        (OpenModel model, Session session, _) = Open(Key(path));
        Assert.Null(shelf.Take(Key(path)));
        shelf.Put(model);
        Assert.Same(model.Description, shelf.Description(path));
        Assert.Null(shelf.Description(Write("b.onnx")));
        Assert.Same(model, shelf.Take(Key(path)));
        Assert.Null(shelf.Take(Key(path)));
        Assert.Null(shelf.Description(path));
        Assert.False(session.Released);
    }

    [Fact]
    public void Another_file_processor_or_number_of_threads_is_another_model_and_the_kept_one_goes()
    {
        string path = Write("a.onnx"), other = Write("b.onnx");
        foreach (OpenModelKey asked in (OpenModelKey[])[Key(other), Key(path, ExecutionProvider.Auto), Key(path, threads: 1), Key(path) with { Library = "own" }])
        {
            using var shelf = new ModelShelf(TimeSpan.FromMinutes(1));
            (OpenModel model, Session session, Session head) = Open(Key(path));
            shelf.Put(model);
            Assert.Null(shelf.Take(asked));
            Assert.True(session.Released && head.Released);
        }
    }

    [Theory]
    [InlineData("longer", false)]
    [InlineData("touched", false)]
    [InlineData("gone", false)]
    [InlineData("beside", false)]
    [InlineData("came", false)]
    [InlineData("same", true)]
    public void A_changed_file_is_not_the_model_that_was_read(string change, bool kept)
    {
        using var shelf = new ModelShelf(TimeSpan.FromMinutes(1));
        string path = Write("a.onnx"), weights = Write("a.data"), head = Path.Combine(_folder, "a_point.onnx");
        (OpenModel model, Session session, _) = Open(Key(path), weights, head);
        shelf.Put(model);
        if (change == "longer") Write("a.onnx", "another model");
        if (change == "touched") File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(3));
        if (change == "gone") File.Delete(path);
        if (change == "beside") Write("a.data", "other weights");
        if (change == "came") Write("a_point.onnx");
        Assert.Equal(kept, shelf.Description(path) is not null);
        Assert.Equal(kept, shelf.Take(Key(path)) is not null);
        Assert.Equal(!kept, session.Released);
    }

    [Fact]
    public void There_is_never_more_than_one()
    {
        using var shelf = new ModelShelf(TimeSpan.FromMinutes(1));
        string path = Write("a.onnx");
        (OpenModel first, Session one, _) = Open(Key(path));
        (OpenModel second, Session two, _) = Open(Key(path));
        shelf.Put(first);
        shelf.Put(second);
        Assert.True(one.Released);
        Assert.False(two.Released);
        shelf.Dispose();
        Assert.True(two.Released);
    }

    [Fact]
    public void What_nobody_asks_for_is_let_go()
    {
        using var shelf = new ModelShelf(TimeSpan.FromMilliseconds(50));
        (OpenModel model, Session session, Session head) = Open(Key(Write("a.onnx")));
        shelf.Put(model);
        Assert.True(SpinWait.SpinUntil(() => session.Released && head.Released, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void What_is_no_path_is_no_file()
    {
        using var shelf = new ModelShelf(TimeSpan.FromMinutes(1));
        Assert.Equal(-1, FileStamp.Of("").Bytes);
        Assert.Equal(-1, FileStamp.Of("a\0b").Bytes);
        Assert.Equal(-1, FileStamp.Of(_folder).Bytes);
        Assert.Null(shelf.Description(""));
    }
}
