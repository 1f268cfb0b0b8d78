using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Filters;

/// <summary>Takes the slices of a filtered volume.</summary>
/// <param name="z">The slice.</param>
/// <param name="slice">Its Y * X voxels, x fastest. Valid during the call only.</param>
/// <remarks>Each slice comes once, in no fixed order, and calls may come from several threads at once.</remarks>
public delegate void SliceConsumer(int z, ReadOnlySpan<float> slice);

/// <summary>One product of three maps along z, y and x.</summary>
internal readonly record struct SeparableTerm(AxisOperator Z, AxisOperator Y, AxisOperator X);

/// <summary>
/// Applies a sum of separable filters to a volume in blocks of slices. Along z first, straight from the voxels, which are read once
/// for all terms; then along y and x in bands of rows that stay in the second-level cache. What it holds is one block.
/// </summary>
internal sealed unsafe class SeparableFilter
{
    /// <summary>Memory that a block may take, if 4 slices fit.</summary>
    private const long BlockBytes = 96L << 20;

    private const int RowsPerPiece = 8;

    private readonly Volume _input;
    private readonly float _offset;
    private readonly float _scale;
    private readonly SeparableTerm[] _terms;
    private readonly Size3 _in;
    private readonly Size3 _out;
    private readonly int _inWidth;
    private readonly int _outWidth;

    /// <summary>Prepares the sum of <paramref name="terms"/> applied to (voxel - offset) * scale.</summary>
    public SeparableFilter(Volume input, float offset, float scale, params SeparableTerm[] terms)
    {
        _input = input;
        _offset = offset;
        _scale = scale;
        _terms = terms;
        _in = input.Grid.Size;
        _out = new Size3(terms[0].Z.OutputCount, terms[0].Y.OutputCount, terms[0].X.OutputCount);
        _inWidth = RoundUp(_in.X, AxisOperator.WidthMultiple);
        _outWidth = RoundUp(_out.X, AxisOperator.GroupSize);
    }

    /// <summary>Slices of a block (rounded up to a multiple of 4), 0 for as many as fit: memory and time depend on it, the result does not.</summary>
    public int BlockSlices { get; set; }

    /// <summary>Computes all slices and hands them out.</summary>
    /// <param name="consume">Takes the slices.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    public void Run(SliceConsumer consume, Job job)
    {
        long zPlane = (long)_in.Y * _inWidth;
        long outPlane = _out.SliceCount;
        int blockSlices = BlockSlices;
        if (blockSlices <= 0)
            blockSlices = (int)Math.Clamp(BlockBytes / ((zPlane * _terms.Length + outPlane) * sizeof(float)), AxisOperator.GroupSize, 64);
        blockSlices = RoundUp(Math.Min(blockSlices, _out.Z), AxisOperator.GroupSize);
        int blockGroups = blockSlices / AxisOperator.GroupSize;
        // A single slice that z leaves as it is serves all terms.
        bool single = Array.TrueForAll(_terms, t => t.Z.CopiesOne);
        if (single) blockSlices = 1;

        using var zBuffer = new NativeBuffer(zPlane * blockSlices * (single ? 1 : _terms.Length) * sizeof(float));
        using var outBuffer = new NativeBuffer(outPlane * blockSlices * sizeof(float));
        float* afterZ = (float*)zBuffer.Pointer;
        float* done = (float*)outBuffer.Pointer;
        int bandRows = AxisOperator.WidthMultiple;
        int bands = (_out.Y + bandRows - 1) / bandRows;

        for (int z0 = 0; z0 < _out.Z; z0 += blockSlices)
        {
            int group = z0 / AxisOperator.GroupSize;
            int groupEnd = Math.Min(group + blockGroups, _terms[0].Z.GroupCount);
            int slices = Math.Min(blockSlices, _out.Z - z0);
            (int inFirst, int inEnd) = InputSlices(group, groupEnd);

            job.For((_in.Y + RowsPerPiece - 1) / RowsPerPiece, () => new NativeBuffer((long)(inEnd - inFirst) * _inWidth * sizeof(float)),
                (piece, scratch) =>
                {
                    for (int y = piece * RowsPerPiece; y < Math.Min(_in.Y, (piece + 1) * RowsPerPiece); y++)
                    {
                        if (single) ReadRow(0, y, afterZ + (long)y * _inWidth);
                        else AlongZ(y, group, groupEnd, inFirst, inEnd, (float*)scratch.Pointer, afterZ + (long)y * _inWidth, zPlane, blockSlices);
                    }
                });
            job.Report((z0 + 0.5 * slices) / _out.Z);

            job.For(slices * bands, () => new BandScratch(this), (piece, scratch) =>
            {
                (int slice, int band) = Math.DivRem(piece, bands);
                AlongYAndX(band, afterZ + slice * zPlane, single ? 0 : zPlane * blockSlices, done + slice * outPlane, scratch);
            });

            job.For(slices, slice => consume(z0 + slice, new ReadOnlySpan<float>(done + slice * outPlane, (int)outPlane)));
            job.Report((double)(z0 + slices) / _out.Z);
        }
    }

    private (int First, int End) InputSlices(int group, int groupEnd)
    {
        int first = int.MaxValue;
        int end = 0;
        foreach (SeparableTerm term in _terms)
        {
            (int f, int e) = term.Z.Inputs(group, groupEnd);
            first = Math.Min(first, f);
            end = Math.Max(end, e);
        }
        return (first, end);
    }

    /// <summary>Filters one row of all slices of a block along z.</summary>
    private void AlongZ(int y, int group, int groupEnd, int inFirst, int inEnd, float* rows, float* destination, long plane, int blockSlices)
    {
        for (int z = inFirst; z < inEnd; z++) ReadRow(z, y, rows + (long)(z - inFirst) * _inWidth);
        for (int t = 0; t < _terms.Length; t++)
            _terms[t].Z.Apply(group, groupEnd, rows - (nint)inFirst * _inWidth, _inWidth, destination + t * plane * blockSlices, (nint)plane, _inWidth, add: false);
    }

    /// <summary>Filters a band of output rows of one slice along y and then, turned so that the rows lie side by side, along x.</summary>
    private void AlongYAndX(int band, float* afterZ, long termStride, float* slice, BandScratch scratch)
    {
        int bandRows = AxisOperator.WidthMultiple;
        int group = band * bandRows / AxisOperator.GroupSize;
        for (int t = 0; t < _terms.Length; t++)
        {
            AxisOperator alongY = _terms[t].Y;
            int groupEnd = Math.Min(group + bandRows / AxisOperator.GroupSize, alongY.GroupCount);
            alongY.Apply(group, groupEnd, afterZ + t * termStride, _inWidth, scratch.Rows, _inWidth, _inWidth, add: false);
            MatrixTurn.Transpose(scratch.Rows, _inWidth, scratch.Columns, bandRows, bandRows, _inWidth);
            _terms[t].X.Apply(0, _terms[t].X.GroupCount, scratch.Columns, bandRows, scratch.Filtered, bandRows, bandRows, add: t > 0);
        }
        MatrixTurn.Transpose(scratch.Filtered, bandRows, scratch.Turned, _outWidth, _outWidth, bandRows);
        int y0 = band * bandRows;
        for (int y = y0; y < Math.Min(y0 + bandRows, _out.Y); y++)
            new ReadOnlySpan<float>(scratch.Turned + (long)(y - y0) * _outWidth, _out.X).CopyTo(new Span<float>(slice + (long)y * _out.X, _out.X));
    }

    /// <summary>One row of voxels as (voxel - offset) * scale.</summary>
    private void ReadRow(int z, int y, float* destination)
    {
        // A volume's voxels are native memory, which does not move.
        byte* raw = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_input.SliceBytes(z))) + (long)y * _in.X * (int)_input.Type;
        switch (_input.Type)
        {
            case VoxelType.UInt8:
                ScaleRow.From(raw, destination, _in.X, _offset, _scale);
                break;
            case VoxelType.UInt16:
                ScaleRow.From((ushort*)raw, destination, _in.X, _offset, _scale);
                break;
            default:
                ScaleRow.From((float*)raw, destination, _in.X, _offset, _scale);
                break;
        }
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>A thread's scratch for one band: small enough for the second-level cache at usual widths.</summary>
    private sealed class BandScratch : IDisposable
    {
        private readonly NativeBuffer _buffer;

        public BandScratch(SeparableFilter filter)
        {
            int bandRows = AxisOperator.WidthMultiple;
            long inBand = (long)bandRows * filter._inWidth;
            long outBand = (long)bandRows * filter._outWidth;
            _buffer = new NativeBuffer((2 * inBand + 2 * outBand) * sizeof(float));
            Rows = (float*)_buffer.Pointer;
            Columns = Rows + inBand;
            Filtered = Columns + inBand;
            Turned = Filtered + outBand;
        }

        /// <summary>After y: band rows of the input's width.</summary>
        public float* Rows { get; }

        /// <summary>The same, turned: input columns of the band's rows.</summary>
        public float* Columns { get; }

        /// <summary>After x: output columns of the band's rows.</summary>
        public float* Filtered { get; }

        /// <summary>The same, turned back: band rows of the output's width.</summary>
        public float* Turned { get; }

        public void Dispose() => _buffer.Dispose();
    }
}
