namespace ClemReg.Algorithms.Inference.OnnxRuntime;

/// <summary>A model that ONNX Runtime loaded.</summary>
internal sealed unsafe class OrtSession : IInferenceSession
{
    private readonly OrtApi _api;
    private readonly OrtHandle _session;
    private readonly nint _cpuMemory;
    private readonly string _name;
    private readonly Dictionary<string, byte[]> _names; // as C needs them

    /// <summary>Takes charge of <paramref name="session"/>, unless this throws.</summary>
    public OrtSession(OrtApi api, OrtHandle session, nint cpuMemory, string name, ExecutionProvider provider)
    {
        _api = api;
        _session = session;
        _cpuMemory = cpuMemory;
        _name = name;
        Provider = provider;
        Inputs = api.Inputs(session);
        Outputs = api.Outputs(session);
        Metadata = api.Metadata(session);
        _names = Inputs.Concat(Outputs).Select(i => i.Name).Distinct().ToDictionary(n => n, OrtApi.Utf8);
    }

    /// <inheritdoc/>
    public ExecutionProvider Provider { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Inputs { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Outputs { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public InferenceResult Run(IReadOnlyDictionary<string, InferenceTensor> inputs, Job job, IReadOnlyDictionary<string, InferenceTensor?>? outputs = null)
    {
        job.ThrowIfCancelled();
        foreach (string name in inputs.Keys)
            if (Inputs.All(i => i.Name != name)) throw Unknown("input", name, Inputs);
        foreach (TensorInfo input in Inputs)
        {
            if (!inputs.TryGetValue(input.Name, out InferenceTensor? tensor))
                throw new BadInputException($"The model's input {input.Name} is missing: it takes {input}.");
            Check("input", input, tensor);
        }
        outputs ??= Outputs.Where(o => o.Type.Size() > 0).ToDictionary(o => o.Name, _ => (InferenceTensor?)null);
        foreach ((string name, InferenceTensor? tensor) in outputs)
        {
            TensorInfo output = Outputs.FirstOrDefault(o => o.Name == name) ?? throw Unknown("output", name, Outputs);
            if (output.Type.Size() == 0) throw new BadInputException($"The model's output {name} is no tensor of numbers and cannot be read.");
            if (tensor is not null) Check("output", output, tensor);
        }

        using IDisposable listening = OrtLog.Listen(_name, job);
        var run = new Pending(this, [.. Inputs.Select(i => (i.Name, inputs[i.Name]))], [.. outputs.Select(o => (o.Key, o.Value))]);
        try
        {
            return Watched.Run(job.Token, run.Execute, run.Stop, static result => result.Dispose());
        }
        catch (OrtException e)
        {
            throw e.Explain("The model failed");
        }
    }

    /// <summary>Releases the model once no run uses it.</summary>
    public void Dispose() => _session.Dispose();

    private static void Check(string role, TensorInfo info, InferenceTensor tensor)
    {
        if (!info.Allows(tensor)) throw new BadInputException($"The model's {role} {info.Name} is {info}, but was given {tensor}.");
    }

    private static BadInputException Unknown(string role, string name, IReadOnlyList<TensorInfo> known) =>
        new($"The model has no {role} {name}. It has {string.Join(", ", known.Select(i => $"{i.Name} ({i})"))}.");

    /// <summary>One run. Holds on to all that it uses until it ends, which may be after its caller has left.</summary>
    private sealed class Pending
    {
        private readonly OrtSession _session;
        private readonly OrtHandle _options;
        private readonly (string Name, InferenceTensor Tensor)[] _inputs;
        private readonly (string Name, InferenceTensor? Tensor)[] _outputs;

        public Pending(OrtSession session, (string, InferenceTensor)[] inputs, (string, InferenceTensor?)[] outputs)
        {
            _session = session;
            _inputs = inputs;
            _outputs = outputs;
            var used = new List<InferenceTensor>();
            bool held = false;
            try
            {
                session._session.DangerousAddRef(ref held);
                foreach (InferenceTensor tensor in Tensors)
                {
                    tensor.Use();
                    used.Add(tensor);
                }
                _options = session._api.CreateRunOptions();
            }
            catch
            {
                foreach (InferenceTensor tensor in used) tensor.Leave();
                if (held) session._session.DangerousRelease();
                throw;
            }
        }

        private IEnumerable<InferenceTensor> Tensors => _inputs.Select(i => i.Tensor).Concat(_outputs.Where(o => o.Tensor is not null).Select(o => o.Tensor!));

        /// <summary>Asks the run to end; harmless when it has.</summary>
        public void Stop()
        {
            bool held = false;
            try
            {
                _options.DangerousAddRef(ref held);
                _session._api.Terminate(_options);
            }
            catch (ObjectDisposedException)
            {
                // The run has ended just now.
            }
            finally
            {
                if (held) _options.DangerousRelease();
            }
        }

        public InferenceResult Execute()
        {
            var values = new List<OrtHandle>();
            try
            {
                OrtApi api = _session._api;
                byte** inputNames = stackalloc byte*[_inputs.Length + 1];
                nint* inputs = stackalloc nint[_inputs.Length + 1];
                for (int i = 0; i < _inputs.Length; i++)
                {
                    inputNames[i] = OrtApi.Address(_session._names[_inputs[i].Name]);
                    inputs[i] = Wrap(_inputs[i].Tensor, values);
                }
                byte** outputNames = stackalloc byte*[_outputs.Length + 1];
                nint* outputs = stackalloc nint[_outputs.Length + 1];
                for (int i = 0; i < _outputs.Length; i++)
                {
                    outputNames[i] = OrtApi.Address(_session._names[_outputs[i].Name]);
                    outputs[i] = _outputs[i].Tensor is { } own ? Wrap(own, values) : 0; // 0: the library allocates
                }
                api.Run(_session._session, _options, inputNames, inputs, _inputs.Length, outputNames, outputs, _outputs.Length);
                return Collect(outputs);
            }
            finally
            {
                foreach (OrtHandle value in values) value.Dispose();
                foreach (InferenceTensor tensor in Tensors) tensor.Leave();
                _options.Dispose();
                _session._session.DangerousRelease();
            }
        }

        private nint Wrap(InferenceTensor tensor, List<OrtHandle> values)
        {
            values.Add(_session._api.WrapTensor(_session._cpuMemory, tensor));
            return values[^1].Pointer;
        }

        private InferenceResult Collect(nint* outputs)
        {
            var all = new Dictionary<string, InferenceTensor>();
            var made = new List<InferenceTensor>();
            // First all into safe hands: reading a type may fail.
            var owned = new OrtHandle?[_outputs.Length];
            for (int i = 0; i < owned.Length; i++) owned[i] = _outputs[i].Tensor is null ? _session._api.OwnValue(outputs[i]) : null;
            try
            {
                for (int i = 0; i < owned.Length; i++)
                {
                    InferenceTensor tensor = _outputs[i].Tensor ?? _session._api.ToTensor(owned[i]!);
                    if (owned[i] is not null) made.Add(tensor);
                    all[_outputs[i].Name] = tensor;
                }
                return new InferenceResult(all, made);
            }
            catch
            {
                foreach (OrtHandle? value in owned) value?.Dispose();
                throw;
            }
        }
    }
}
