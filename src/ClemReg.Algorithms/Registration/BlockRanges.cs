namespace ClemReg.Algorithms.Registration;

/// <summary>One thread's scratch: the gaps to a cloud's blocks, and those near enough, as ranges of its points.</summary>
internal sealed class BlockRanges(int blocks)
{
    private readonly int[] _ranges = new int[blocks + 2];
    private int _length;

    /// <summary>The squared gap to each block.</summary>
    public double[] Gaps { get; } = new double[blocks];

    /// <summary>Start and end of each run of near points, whole blocks.</summary>
    public ReadOnlySpan<int> Ranges => _ranges.AsSpan(0, _length);

    /// <summary>Keeps the blocks whose gap is not above their cutoff.</summary>
    public void Keep(Func<int, double> cutoff)
    {
        _length = 0;
        for (int b = 0; b < Gaps.Length; b++)
        {
            if (Gaps[b] > cutoff(b)) continue;
            int start = b * PointBlocks.BlockSize;
            if (_length > 0 && _ranges[_length - 1] == start) _ranges[_length - 1] = start + PointBlocks.BlockSize;
            else
            {
                _ranges[_length++] = start;
                _ranges[_length++] = start + PointBlocks.BlockSize;
            }
        }
    }
}
