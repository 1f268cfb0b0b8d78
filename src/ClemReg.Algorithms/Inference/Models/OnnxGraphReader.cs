namespace ClemReg.Algorithms.Inference.Models;

/// <summary>Reads the graphs of an ONNX file: their inputs and outputs, and the operators and weights at any depth.</summary>
internal sealed class OnnxGraphReader(ProtobufReader reader, OnnxTensorReader tensors, Job job)
{
    /// <summary>Graphs within graphs (the branches of If, the bodies of Loop): real models have 3 at most.</summary>
    private const int MaximumDepth = 16;
    private const int MaximumKinds = 100_000;
    private const int MaximumPorts = 10_000;
    private const int MaximumInitialisers = 1_000_000;

    private readonly List<ModelPort> _inputs = [];
    private readonly List<ModelPort> _outputs = [];
    private readonly HashSet<string> _initialisers = new(StringComparer.Ordinal);
    private readonly HashSet<(string Domain, string Operator)> _operators = [];
    private readonly HashSet<(string Domain, string Operator)> _functions = [];
    private int _depth;

    /// <summary>Operators in all graphs.</summary>
    public long Nodes { get; private set; }

    /// <summary>The outermost graph's inputs that are no weights.</summary>
    public IReadOnlyList<ModelPort> Inputs => [.. _inputs.Where(p => !_initialisers.Contains(p.Name))];

    /// <summary>The outermost graph's outputs.</summary>
    public IReadOnlyList<ModelPort> Outputs => _outputs;

    /// <summary>The kinds of operators that no function of the file defines.</summary>
    public IEnumerable<(string Domain, string Operator)> Operators => _operators.Except(_functions);

    /// <summary>Reads the graph that stands in the present field.</summary>
    public void Read()
    {
        if (++_depth > MaximumDepth) throw reader.Damaged($"graphs within graphs, more than {MaximumDepth} deep");
        bool outermost = _depth == 1;
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case 1: ReadNode(); break;
                case 5: AddInitialiser(tensors.Read(), outermost); break;
                case 11 when outermost: Add(_inputs, ReadPort()); break;
                case 12 when outermost: Add(_outputs, ReadPort()); break;
                case 15: AddInitialiser(tensors.ReadSparse(), outermost); break;
                default: reader.Skip(); break;
            }
        }
        reader.Leave(outer);
        _depth--;
    }

    /// <summary>Reads the function that stands in the present field: an operator that the file itself defines.</summary>
    public void ReadFunction()
    {
        string name = "", domain = "";
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case 1: name = reader.Text(); break;
                case 7: ReadNode(); break;
                case 10: domain = reader.Text(); break;
                default: reader.Skip(); break;
            }
        }
        reader.Leave(outer);
        Add(_functions, (domain, name));
    }

    private void ReadNode()
    {
        Nodes++;
        if ((Nodes & 0xfff) == 0) job.ThrowIfCancelled();
        string kind = "", domain = "";
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case 4: kind = reader.Text(); break;
                case 5: ReadAttribute(); break;
                case 7: domain = reader.Text(); break;
                default: reader.Skip(); break;
            }
        }
        reader.Leave(outer);
        Add(_operators, (domain, kind));
    }

    private void ReadAttribute()
    {
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case 5 or 10: tensors.Read(); break;
                case 6 or 11: Read(); break;
                case 22 or 23: tensors.ReadSparse(); break;
                default: reader.Skip(); break;
            }
        }
        reader.Leave(outer);
    }

    private ModelPort ReadPort()
    {
        string name = "";
        long type = 0;
        bool tensor = false;
        List<TensorAxis>? axes = null;
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            if (field == 1) name = reader.Text();
            else if (field == 2) ReadType(ref type, ref tensor, ref axes);
            else reader.Skip();
        }
        reader.Leave(outer);
        if (!tensor) throw new BadInputException($"The model's input or output {Shown.Name(name)} is no array of numbers (it is a sequence, a map or an optional value). Such models cannot be used on images.");
        if (type is < 1 or > 26) throw reader.Damaged($"the input or output {Shown.Name(name)} is of the element type {type}, which is not known");
        return new ModelPort(name, (TensorType)type, axes);
    }

    private void ReadType(ref long type, ref bool tensor, ref List<TensorAxis>? axes)
    {
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            if (field != 1)
            {
                reader.Skip();
                continue;
            }
            tensor = true;
            long inner = reader.Enter();
            while (reader.Next(out field))
            {
                if (field == 1) type = reader.Integer();
                else if (field == 2) ReadShape(ref axes);
                else reader.Skip();
            }
            reader.Leave(inner);
        }
        reader.Leave(outer);
    }

    private void ReadShape(ref List<TensorAxis>? axes)
    {
        axes ??= [];
        long outer = reader.Enter();
        while (reader.Next(out int field))
        {
            if (field != 1)
            {
                reader.Skip();
                continue;
            }
            long size = -1;
            string name = "";
            long inner = reader.Enter();
            while (reader.Next(out field))
            {
                if (field == 1) size = reader.Integer();
                else if (field == 2) name = reader.Text();
                else reader.Skip();
            }
            reader.Leave(inner);
            // Some exporters write the -1 for any length.
            if (size is < -1 or > int.MaxValue) throw reader.Damaged($"an input or output has an axis of length {size}");
            axes.Add(new TensorAxis(size, name));
            if (axes.Count > 64) throw reader.Damaged("an input or output has more than 64 axes");
        }
        reader.Leave(outer);
    }

    private void AddInitialiser(string name, bool outermost)
    {
        if (outermost && _initialisers.Add(name) && _initialisers.Count > MaximumInitialisers) throw reader.Damaged($"more than {MaximumInitialisers} weights");
    }

    private void Add(HashSet<(string, string)> set, (string, string) kind)
    {
        if (set.Add(kind) && set.Count > MaximumKinds) throw reader.Damaged($"more than {MaximumKinds} kinds of operators");
    }

    private void Add(List<ModelPort> ports, ModelPort port)
    {
        ports.Add(port);
        if (ports.Count > MaximumPorts) throw reader.Damaged($"more than {MaximumPorts} inputs or outputs");
    }
}
