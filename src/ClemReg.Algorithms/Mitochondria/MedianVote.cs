namespace ClemReg.Algorithms.Mitochondria;

/// <summary>
/// empanada's median along the stack, on masks: a threshold commutes with a median, so that a majority vote of bits does what a median of
/// probabilities would. Each slice's window holds slices before it that were filtered already. The first and last slices stay as they are.
/// </summary>
/// <remarks>Masks go in slice by slice and come out half a window later.</remarks>
internal sealed class MedianVote
{
    private const int Planes = 4;

    private readonly BitMask[] _window;
    private readonly int _half;
    private readonly int _count;
    private int _in;
    private int _out;

    /// <summary>Starts a stack.</summary>
    /// <param name="length">Slices of the window, odd, at most 15; the largest odd number that the stack has is used if that is smaller.</param>
    /// <param name="count">Slices of the stack.</param>
    /// <param name="height">Rows of a mask.</param>
    /// <param name="width">Pixels of a row.</param>
    public MedianVote(int length, int count, int height, int width)
    {
        length = Math.Min(length, count % 2 == 0 ? count - 1 : count);
        (_half, _count) = (length / 2, count);
        _window = new BitMask[length];
        for (int i = 0; i < length; i++) _window[i] = new BitMask(height, width);
    }

    /// <summary>How many slices later a slice comes out.</summary>
    public int Delay => _half;

    /// <summary>The mask to be filled with the next slice; <see cref="Push"/> then takes it.</summary>
    public BitMask Next => At(_in);

    /// <summary>Takes the slice in <see cref="Next"/>.</summary>
    public void Push()
    {
        int middle = _in++ - _half;
        if (middle >= _half && _half > 0) Vote(middle);
    }

    /// <summary>The next filtered slice, or null until more slices came in. Valid until the next <see cref="Push"/>.</summary>
    public BitMask? Pop() => _out < _in - _half || (_in == _count && _out < _count) ? At(_out++) : null;

    private BitMask At(int slice) => _window[slice % _window.Length];

    private void Vote(int middle)
    {
        // Adds up the masks' bits in binary, 64 pixels at once, from 16 - majority, so that a fifth bit is carried where the majority is reached.
        int start = (1 << Planes) - (_half + 1);
        ulong[] result = At(middle).Words;
        Span<ulong> sum = stackalloc ulong[Planes];
        for (int w = 0; w < result.Length; w++)
        {
            for (int p = 0; p < Planes; p++) sum[p] = (start >> p & 1) != 0 ? ulong.MaxValue : 0;
            ulong reached = 0;
            foreach (BitMask mask in _window)
            {
                ulong carry = mask.Words[w];
                for (int p = 0; p < Planes; p++) (sum[p], carry) = (sum[p] ^ carry, sum[p] & carry);
                reached |= carry;
            }
            result[w] = reached;
        }
    }
}
