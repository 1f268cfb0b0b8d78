using ClemReg.Algorithms.Filters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Alignment;

/// <summary>
/// The three-dimensional complex discrete Fourier transform of one size, taken apart into what is done to a plane (along x, then y) and what is done
/// to a column of planes (along z), so that a caller can leave out what is zero or not asked for. Holds no field; threads share it.
/// </summary>
/// <remarks>
/// A field is two arrays, real and imaginary parts, of <see cref="Count"/> floats aligned to 64 bytes, z, y, x with x fastest; rows are <see cref="RowStride"/> apart. What lies beyond the
/// ends of rows and planes must be finite and is used up. Spectra stand in the order of <see cref="FftPlan.FrequencyAt"/> along each axis.
/// </remarks>
internal sealed unsafe class Fft3
{
    private const int Columns = FftPlan.Columns;

    private readonly FftPlan _z;
    private readonly FftPlan _y;
    private readonly FftPlan _x;

    /// <summary>Makes the plans.</summary>
    /// <param name="size">Numbers along z, y, x: products of 2, 3 and 5.</param>
    public Fft3(Size3 size)
    {
        Size = size;
        (_z, _y, _x) = (new FftPlan(size.Z), new FftPlan(size.Y), new FftPlan(size.X));
        // An odd number of cache lines a row, so that the rows of a column do not compete for the same places of the cache.
        RowStride = ((size.X + Columns - 1) / Columns | 1) * Columns;
        PlaneStride = (nint)((size.Y + Columns - 1) / Columns * Columns) * RowStride;
    }

    /// <summary>Numbers along z, y, x.</summary>
    public Size3 Size { get; }

    /// <summary>Floats from one row to the next.</summary>
    public int RowStride { get; }

    /// <summary>Floats from one plane to the next.</summary>
    public nint PlaneStride { get; }

    /// <summary>Floats of one part of a field.</summary>
    public nint Count => Size.Z * PlaneStride;

    /// <summary>Groups of <see cref="FftPlan.Columns"/> rows in a plane.</summary>
    public int RowGroups => (Size.Y + Columns - 1) / Columns;

    /// <summary>Blocks of <see cref="FftPlan.Columns"/> columns along z.</summary>
    public int ColumnBlocks => Size.Y * BlocksInRow;

    /// <summary>Floats from a plane's first number to the first of a block.</summary>
    public nint BlockOffset(int block) => (nint)(block / BlocksInRow) * RowStride + block % BlocksInRow * Columns;

    private int BlocksInRow => (Size.X + Columns - 1) / Columns;

    /// <summary>Floats of scratch for the calls here, for each part.</summary>
    public int Scratch => Columns * Math.Max(Size.Z, (Size.X + 3) / 4 * 4);

    /// <summary>Along x and y.</summary>
    /// <param name="re">The plane's real parts.</param>
    /// <param name="im">Imaginary parts.</param>
    /// <param name="used">For each of <see cref="RowGroups"/> whether anything in it is not 0.</param>
    /// <param name="scratch">2 * <see cref="Scratch"/> floats.</param>
    public void ForwardPlane(float* re, float* im, ReadOnlySpan<bool> used, float* scratch)
    {
        for (int group = 0; group < RowGroups; group++)
            if (used[group]) AlongX(re, im, group, scratch, inverse: false);
        for (int x = 0; x < Size.X; x += Columns) _y.Forward(re + x, im + x, RowStride);
    }

    /// <summary>Back along y and x, without division; only the first <paramref name="rows"/> rows come out right.</summary>
    public void InversePlane(float* re, float* im, int rows, float* scratch)
    {
        for (int x = 0; x < Size.X; x += Columns) _y.Inverse(re + x, im + x, RowStride);
        for (int group = 0; group * Columns < rows; group++) AlongX(re, im, group, scratch, inverse: true);
    }

    /// <summary>Along z, of columns copied together: plane i at i * Columns.</summary>
    public void ForwardColumns(float* re, float* im) => _z.Forward(re, im, Columns);

    /// <summary>Back along z, without division.</summary>
    public void InverseColumns(float* re, float* im) => _z.Inverse(re, im, Columns);

    /// <summary>The whole transform, for a field that is transformed once.</summary>
    public void Forward(float* re, float* im, Job job)
    {
        var used = new bool[RowGroups];
        Array.Fill(used, true);
        job.For(Size.Z, () => new NativeBuffer(2L * Scratch * sizeof(float)), (z, scratch) =>
            ForwardPlane(re + z * PlaneStride, im + z * PlaneStride, used, (float*)scratch.Pointer));
        job.For(Size.Y, y =>
        {
            for (int x = 0; x < RowStride; x += Columns) _z.Forward(re + (nint)y * RowStride + x, im + (nint)y * RowStride + x, PlaneStride);
        });
    }

    private void AlongX(float* re, float* im, int group, float* scratch, bool inverse)
    {
        float* a = scratch, b = scratch + Scratch;
        nint at = (nint)group * Columns * RowStride;
        int width = (Size.X + 3) / 4 * 4;
        MatrixTurn.Transpose(re + at, RowStride, a, Columns, Columns, width);
        MatrixTurn.Transpose(im + at, RowStride, b, Columns, Columns, width);
        if (inverse) _x.Inverse(a, b, Columns);
        else _x.Forward(a, b, Columns);
        MatrixTurn.Transpose(a, Columns, re + at, RowStride, width, Columns);
        MatrixTurn.Transpose(b, Columns, im + at, RowStride, width, Columns);
    }
}
