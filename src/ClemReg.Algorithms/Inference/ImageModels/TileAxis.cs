namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>
/// How an axis is cut into overlapping pieces for a model that sees a piece at once, and how their results are blended: with weights that fall towards
/// the ends of a piece and sum to 1 everywhere.
/// </summary>
/// <remarks>A model of "valid" convolutions gives fewer pixels than it takes: the margin is what it lacks at each end.</remarks>
internal sealed class TileAxis
{
    private readonly float[][] _weights;

    /// <summary>Cuts.</summary>
    /// <param name="length">Pixels of the axis.</param>
    /// <param name="input">Pixels that the model takes.</param>
    /// <param name="output">Pixels that it gives, from the middle of those.</param>
    /// <param name="overlap">Pixels that neighbouring results share, below <paramref name="output"/>.</param>
    public TileAxis(int length, int input, int output, int overlap)
    {
        (Length, Input, Output) = (length, input, output);
        Margin = (input - output) / 2;
        overlap = Math.Clamp(overlap, 0, output - 1);
        int step = output - overlap, count = length <= output ? 1 : 1 + (length - output + step - 1) / step;
        Starts = [.. Enumerable.Range(0, count).Select(i => Math.Max(0, Math.Min(i * step, length - output)))];
        var total = new double[length];
        double Height(int p) => Math.Min(1, Math.Min(p + 1, output - p) / (overlap + 1.0));
        foreach (int start in Starts)
            for (int p = 0; p < output && start + p < length; p++) total[start + p] += Height(p);
        _weights = [.. Starts.Select(start => Enumerable.Range(0, Math.Min(output, length - start)).Select(p => (float)(Height(p) / total[start + p])).ToArray())];
    }

    /// <summary>Pixels of the axis.</summary>
    public int Length { get; }

    /// <summary>Pixels that the model takes.</summary>
    public int Input { get; }

    /// <summary>Pixels that it gives.</summary>
    public int Output { get; }

    /// <summary>What it gives less at each end.</summary>
    public int Margin { get; }

    /// <summary>Where the results of the pieces begin, ascending.</summary>
    public IReadOnlyList<int> Starts { get; }

    /// <summary>The weights of a piece's results that lie on the axis.</summary>
    public ReadOnlySpan<float> Weights(int piece) => _weights[piece];

    /// <summary>Pixels before this one get nothing from pieces after <paramref name="piece"/>.</summary>
    public int DoneAfter(int piece) => piece + 1 < Starts.Count ? Starts[piece + 1] : Length;

    /// <summary>The pixel of the axis at a place of a piece's input; beyond the ends the axis is mirrored, without repeating its last pixel.</summary>
    public int Source(int piece, int place) => Mirrored(Starts[piece] - Margin + place, Length);

    /// <summary>The place within 0 to n - 1 that mirroring at the middle of the end pixels leads to.</summary>
    public static int Mirrored(int i, int n)
    {
        if (n == 1) return 0;
        int period = 2 * (n - 1);
        i %= period;
        if (i < 0) i += period;
        return i < n ? i : period - i;
    }
}
