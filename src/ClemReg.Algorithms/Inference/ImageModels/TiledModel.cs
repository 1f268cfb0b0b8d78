using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>The probabilities of a slice of the image, Y * X of them, x fastest; valid during the call that gets them.</summary>
/// <param name="z">The slice.</param>
/// <param name="probability">Of the wanted structure, 0 to 1.</param>
/// <param name="boundary">Of boundaries between touching objects; empty where the model tells none.</param>
public delegate void TakeProbabilities(int z, ReadOnlySpan<float> probability, ReadOnlySpan<float> boundary);

/// <summary>
/// Runs a model of slices or of volumes over an image of any size: brought to the model's pixel size, cut into overlapping pieces (mirrored beyond the
/// image's faces), the results blended and brought back to the image's pixels.
/// </summary>
/// <remarks>Memory: for a model of volumes (pieces' depth + results' depth) slices of floats at the model's pixel size; for one of slices a few.</remarks>
public sealed class TiledModel
{
    private const int LargestOwnTile = 1024, OwnCube = 128;

    private readonly IInferenceSession _session;
    private readonly ModelCard _card;
    private readonly TensorInfo _input;
    private readonly CardOutput[] _wanted;
    private readonly Dictionary<string, InferenceTensor?> _outputs;
    private readonly int _flips;
    private readonly PieceMemory _memory;

    /// <summary>Joins a model and what is known about it.</summary>
    /// <param name="session">The model.</param>
    /// <param name="card">What is known about it.</param>
    /// <param name="flips">Each piece is also given mirrored along x, along y and along both, and the four results are averaged: four times the work.</param>
    /// <param name="memory">What is known about the memory that the session's runs need; null: nothing yet.</param>
    /// <exception cref="ModelException">The model has other inputs or outputs than the card says.</exception>
    public TiledModel(IInferenceSession session, ModelCard card, bool flips = false, RunMemory? memory = null)
    {
        (_session, _card) = (session, card);
        _flips = flips ? 4 : 1;
        _wanted = card.Boundary is null ? [card.Probability] : [card.Probability, card.Boundary];
        _input = session.Inputs.FirstOrDefault(i => i.Name == card.Input)
            ?? throw new ModelException($"{card.Name}: the model has no input {card.Input}; it has {string.Join(", ", session.Inputs.Select(i => i.Name))}. Correct \"input\" in the model card.");
        if (session.Inputs.Count > 1)
            throw new ModelException($"{card.Name}: the model takes {session.Inputs.Count} inputs ({string.Join(", ", session.Inputs.Select(i => i.Name))}), where one image can be given.");
        int rank = card.Volumetric ? 5 : 4;
        if (_input.Type != TensorType.Float32 || _input.Shape.Count != rank)
            throw new ModelException($"{card.Name}: the input {_input.Name} is {_input}, where Float32 of {rank} axes (n, c, {(card.Volumetric ? "z, " : "")}y, x) is needed.");
        if (_input.Shape[1].Size >= 0 && _input.Shape[1].Size != card.Channels)
            throw new ModelException($"{card.Name}: the model takes {_input.Shape[1].Size} channels; the model card says {card.Channels}. Correct \"channels\" in the model card.");
        if (_input.Shape[0].Size > 1)
            throw new ModelException($"{card.Name}: the model takes {_input.Shape[0].Size} pieces at once, where 1, or any number, is needed. Export it with a batch of 1.");
        foreach (CardOutput output in _wanted)
            if (session.Outputs.All(o => o.Name != output.Output))
                throw new ModelException($"{card.Name}: the model has no output {output.Output}; it has {string.Join(", ", session.Outputs.Select(o => o.Name))}. Correct \"outputs\" in the model card.");
        _memory = new PieceMemory(session.Provider, card, _input, InferNothing, memory ?? new RunMemory());
        _outputs = _wanted.Select(o => o.Output).Distinct().ToDictionary(o => o, _ => (InferenceTensor?)null);
    }

    /// <summary>Gives the probabilities of slices, z ascending.</summary>
    /// <param name="image">The EM, any voxel type; its slices are read in order, each once, and no more of them than are needed.</param>
    /// <param name="low">The intensity that is 0 to a fixed normalisation.</param>
    /// <param name="high">The one that is 1.</param>
    /// <param name="take">Gets them.</param>
    /// <param name="job">The work.</param>
    /// <param name="wanted">The slices that are wanted, at least one; null: all. They get the same values as in a run over all.</param>
    /// <exception cref="ModelException">The model gives something else than it should.</exception>
    /// <exception cref="OutOfMemoryBudgetException">A piece is too large for the memory; the message says what to try.</exception>
    public void Run(ISliceSource image, double low, double high, TakeProbabilities take, Job job, Range? wanted = null)
    {
        var slices = new ModelSlices(image, _card, low, high, job);
        Size3 size = slices.Size, tile = Tile(size);
        _memory.Check(tile, job);
        Size3 given = Given(tile) ?? Probe(tile, job);
        Size3 overlap = Overlap(given);
        TileAxis z = new(size.Z, tile.Z, given.Z, _card.Volumetric ? overlap.Z : 0), y = new(size.Y, tile.Y, given.Y, overlap.Y), x = new(size.X, tile.X, given.X, overlap.X);
        var back = new ProbabilitySlices(image.Grid.Size, size, _card.Boundary is not null, wanted ?? Range.All, take);
        int kinds = _wanted.Length;
        using var held = new Volume<float>(new Grid(new Size3(tile.Z, size.Y, size.X), new Point3(1, 1, 1)));
        using var sums = new Volume<float>(new Grid(new Size3(given.Z * kinds, size.Y, size.X), new Point3(1, 1, 1)));
        using InferenceTensor piece = InferenceTensor.Allocate(TensorType.Float32, Shape(tile));
        int[] inRing = new int[tile.Z];
        Array.Fill(inRing, -1);
        int[] layers = [.. Enumerable.Range(0, z.Starts.Count).Where(a => z.Starts[a] <= back.Last && z.Starts[a] + given.Z > back.First)];
        long done = 0, all = (long)layers.Length * y.Starts.Count * x.Starts.Count;
        int finished = z.Starts[layers[0]];
        foreach (int a in layers)
        {
            int[] needed = [.. Enumerable.Range(0, tile.Z).Select(k => z.Source(a, k))];
            foreach (int slice in needed.Distinct().Order()) Hold(slices, held, inRing, slice, z.Starts[a] - z.Margin, job);
            int[] rows = [.. needed.Select(slice => Array.IndexOf(inRing, slice))];
            for (int b = 0; b < y.Starts.Count; b++)
                for (int c = 0; c < x.Starts.Count; c++)
                {
                    job.ThrowIfCancelled();
                    Fill(piece, tile, held, rows, y, b, x, c);
                    // Bit 0: mirrored along x, bit 1: along y.
                    for (int flip = 0; flip < _flips; flip++)
                    {
                        if (flip > 0) Mirror(piece.Values<float>(), (flip & 1) != 0 ? tile.X : tile.SliceCount);
                        using InferenceResult result = Infer(piece, tile, job);
                        for (int kind = 0; kind < kinds; kind++) Add(result, _wanted[kind], given, sums, kind, flip, (z, a), (y, b), (x, c));
                    }
                    job.Report((double)++done / all);
                }
            for (; finished < z.DoneAfter(a); finished++)
            {
                int at = finished % given.Z;
                if (finished >= back.First && finished <= back.Last) back.Add(finished, sums.Slice(at), kinds > 1 ? sums.Slice(given.Z + at) : []);
                for (int kind = 0; kind < kinds; kind++) sums.Slice(kind * given.Z + at).Clear();
            }
        }
    }

    private long[] Shape(Size3 tile) => _card.Volumetric ? [1, _card.Channels, tile.Z, tile.Y, tile.X] : [1, _card.Channels, tile.Y, tile.X];

    /// <summary>The piece: as the model says, as the card says, or what is usual.</summary>
    private Size3 Tile(Size3 size)
    {
        int first = _input.Shape.Count - 3;
        int Along(int axis, int card, int multiple, int length, string name)
        {
            if (axis == 0 && !_card.Volumetric) return 1;
            long model = _input.Shape[first + axis].Size;
            if (model >= 0)
            {
                if (card > 0 && card != model)
                    throw new ModelException($"{_card.Name}: the model takes pieces of {model} pixels along {name}; the model card says tile = {card}. Correct it, or leave it out.");
                return (int)model;
            }
            int own = _card.Volumetric ? OwnCube : LargestOwnTile, side = card > 0 ? card : Math.Min(own, length);
            return (side + multiple - 1) / multiple * multiple;
        }
        return new Size3(Along(0, _card.Tile.Z, _card.MultipleOf.Z, size.Z, "z"), Along(1, _card.Tile.Y, _card.MultipleOf.Y, size.Y, "y"),
            Along(2, _card.Tile.X, _card.MultipleOf.X, size.X, "x"));
    }

    /// <summary>What the model gives for a piece, as its outputs' shapes say; null where they leave it open.</summary>
    private Size3? Given(Size3 tile)
    {
        IReadOnlyList<TensorAxis> from = _input.Shape, to = _session.Outputs.First(o => o.Name == _card.Probability.Output).Shape;
        if (_wanted.Any(w => !_session.Outputs.First(o => o.Name == w.Output).Shape.Skip(2).SequenceEqual(to.Skip(2)))) return null;
        int Along(int fromEnd, int side)
        {
            if (to.Count != from.Count) return -1;
            TensorAxis given = to[^fromEnd], taken = from[^fromEnd];
            return given.Size >= 0 ? (int)Math.Min(given.Size, int.MaxValue) : given.Symbol.Length > 0 && given == taken ? side : -1;
        }
        var size = new Size3(_card.Volumetric ? Along(3, tile.Z) : 1, Along(2, tile.Y), Along(1, tile.X));
        return size.Z > 0 && size.Y > 0 && size.X > 0 ? Fits(tile, size) : null;
    }

    /// <summary>What the model gives for a piece, by trying.</summary>
    private Size3 Probe(Size3 tile, Job job)
    {
        using InferenceTensor nothing = InferenceTensor.Allocate(TensorType.Float32, Shape(tile));
        using InferenceResult result = Infer(nothing, tile, job);
        Size3[] sizes = [.. _wanted.Select(w => SizeOf(result[w.Output], w)).Distinct()];
        return sizes.Length == 1 ? Fits(tile, sizes[0])
            : throw new ModelException($"{_card.Name}: the outputs for probability and boundary differ in size ({sizes[0]} and {sizes[1]}).");
    }

    private Size3 SizeOf(InferenceTensor output, CardOutput wanted)
    {
        int rank = _card.Volumetric ? 5 : 4;
        if (output.Type != TensorType.Float32 || output.Shape.Count != rank)
            throw new ModelException($"{_card.Name}: the output {wanted.Output} is {output}, where Float32 of {rank} axes is needed.");
        if (wanted.Channel >= output.Shape[1])
            throw new ModelException($"{_card.Name}: the output {wanted.Output} has {output.Shape[1]} channels, so there is no channel {wanted.Channel} (they count from 0). Correct \"outputs\" in the model card.");
        return new Size3(_card.Volumetric ? (int)output.Shape[2] : 1, (int)output.Shape[rank - 2], (int)output.Shape[rank - 1]);
    }

    private Size3 Fits(Size3 tile, Size3 given)
    {
        Size3 less = new(tile.Z - given.Z, tile.Y - given.Y, tile.X - given.X);
        if (less.Z < 0 || less.Y < 0 || less.X < 0 || ((less.Z | less.Y | less.X) & 1) != 0 || given.Z < 1 || given.Y < 1 || given.X < 1)
            throw new ModelException($"{_card.Name}: for a piece of {tile} pixels (z x y x x) the model gives {given}, where as many, or fewer by an even number along each axis, are needed. Models whose outputs have another pixel size than their inputs cannot be used.");
        return given;
    }

    private Size3 Overlap(Size3 given)
    {
        static int Along(int card, int side) => card < 0 ? side / 8 : card;
        Size3 overlap = new(Along(_card.Overlap.Z, given.Z), Along(_card.Overlap.Y, given.Y), Along(_card.Overlap.X, given.X));
        if (overlap.Z >= Math.Max(given.Z, 2) || overlap.Y >= given.Y || overlap.X >= given.X)
            throw new ModelException($"{_card.Name}: overlap = {overlap} (z x y x x) is not allowed: it must be smaller than what the model gives at once, {given}.");
        return overlap;
    }

    /// <summary>Reads a slice that is not at hand yet in place of one that no later piece needs.</summary>
    private static void Hold(ModelSlices slices, Volume<float> held, int[] ring, int z, int from, Job job)
    {
        if (ring.Contains(z)) return;
        int at = Array.FindIndex(ring, kept => kept < Math.Max(0, from));
        ring[at] = z;
        slices.Read(z, held.Slice(at), job);
    }

    private void Fill(InferenceTensor piece, Size3 tile, Volume<float> held, int[] rows, TileAxis y, int b, TileAxis x, int c)
    {
        Span<float> to = piece.Values<float>();
        int channel = tile.Z * tile.Y * tile.X, width = held.Grid.Size.X;
        var columns = new int[tile.X];
        for (int k = 0; k < tile.X; k++) columns[k] = x.Source(c, k);
        int start = x.Starts[c] - x.Margin;
        bool inside = start >= 0 && start + tile.X <= width;
        for (int k = 0; k < tile.Z; k++)
            for (int j = 0; j < tile.Y; j++)
            {
                ReadOnlySpan<float> row = held.Row(rows[k], y.Source(b, j));
                Span<float> target = to.Slice((k * tile.Y + j) * tile.X, tile.X);
                if (inside) row.Slice(start, tile.X).CopyTo(target);
                else
                    for (int i = 0; i < columns.Length; i++) target[i] = row[columns[i]];
            }
        for (int other = 1; other < _card.Channels; other++) to[..channel].CopyTo(to.Slice(other * channel, channel));
    }

    /// <summary>Turns each row round, or each plane: one along x, or along both, so that from turn to turn one bit of the flip goes on counting.</summary>
    private static void Mirror(Span<float> values, int part)
    {
        for (int i = 0; i < values.Length; i += part) values.Slice(i, part).Reverse();
    }

    private InferenceResult Infer(InferenceTensor piece, Size3 tile, Job job)
    {
        try
        {
            InferenceResult result = _session.Run(new Dictionary<string, InferenceTensor> { [_input.Name] = piece }, job, _outputs);
            _memory.Ran(tile);
            return result;
        }
        catch (OutOfMemoryBudgetException e)
        {
            throw _memory.Failed(tile, e, job);
        }
    }

    private void InferNothing(Size3 tile, Job job)
    {
        using InferenceTensor nothing = InferenceTensor.Allocate(TensorType.Float32, Shape(tile));
        _session.Run(new Dictionary<string, InferenceTensor> { [_input.Name] = nothing }, job, _outputs).Dispose();
    }

    private void Add(InferenceResult result, CardOutput wanted, Size3 given, Volume<float> sums, int kind, int flip, (TileAxis Axis, int Piece) z, (TileAxis Axis, int Piece) y, (TileAxis Axis, int Piece) x)
    {
        InferenceTensor output = result[wanted.Output];
        if (SizeOf(output, wanted) != given)
            throw new ModelException($"{_card.Name}: the output {wanted.Output} is {output}, where {given} pixels (z x y x x) were expected.");
        ReadOnlySpan<float> values = output.Values<float>();
        int channels = (int)output.Shape[1], voxels = given.Z * given.SliceCount;
        float[] row = new float[given.X], term = wanted.Activation == Activation.Softmax ? new float[given.X] : [];
        ReadOnlySpan<float> wz = z.Axis.Weights(z.Piece), wy = y.Axis.Weights(y.Piece), wx = x.Axis.Weights(x.Piece);
        for (int k = 0; k < wz.Length; k++)
            for (int j = 0; j < wy.Length; j++)
            {
                int at = (k * given.Y + ((flip & 2) != 0 ? given.Y - 1 - j : j)) * given.X;
                Probabilities(values, channels, voxels, at, wanted, row, term);
                if ((flip & 1) != 0) row.AsSpan().Reverse();
                Span<float> p = row.AsSpan(0, wx.Length);
                Span<float> sum = sums.Row(kind * given.Z + (z.Axis.Starts[z.Piece] + k) % given.Z, y.Axis.Starts[y.Piece] + j).Slice(x.Axis.Starts[x.Piece], wx.Length);
                TensorPrimitives.Multiply(p, wx, p);
                TensorPrimitives.MultiplyAdd(p, wz[k] * wy[j] / _flips, sum, sum);
            }
    }

    private static void Probabilities(ReadOnlySpan<float> values, int channels, int voxels, int at, CardOutput wanted, Span<float> row, Span<float> term)
    {
        ReadOnlySpan<float> own = values.Slice(wanted.Channel * voxels + at, row.Length);
        switch (wanted.Activation)
        {
            case Activation.None:
                own.CopyTo(row);
                break;
            case Activation.Sigmoid:
                TensorPrimitives.Sigmoid(own, row);
                break;
            default:
                // 1 / the sum over all channels of exp(their value less this one's).
                row.Clear();
                for (int c = 0; c < channels; c++)
                {
                    TensorPrimitives.Subtract(values.Slice(c * voxels + at, row.Length), own, term);
                    TensorPrimitives.Exp(term, term);
                    TensorPrimitives.Add(row, term, row);
                }
                TensorPrimitives.Divide(1f, row, row);
                break;
        }
        foreach (float p in row)
            if (!(p >= -1e-3f && p <= 1.001f))
                throw new ModelException(FormattableString.Invariant($"The model's output {wanted.Output} holds {p}, which is no probability. If it gives logits, say so in the model card: \"activation\": \"sigmoid\" (or \"softmax\"); if it gives NaN, the model or the image is damaged."));
    }
}
