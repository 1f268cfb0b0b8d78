using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ClemReg.Algorithms.Filters;

/// <summary>Turns rows into columns, so that what lies along x can be worked on many rows at a time.</summary>
internal static unsafe class MatrixTurn
{
    /// <summary>Turns a matrix of <paramref name="rows"/> x <paramref name="columns"/>, both multiples of 4.</summary>
    public static void Transpose(float* source, int sourceStride, float* destination, int destinationStride, int rows, int columns)
    {
        if (!Sse.IsSupported)
        {
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++)
                    destination[(long)c * destinationStride + r] = source[(long)r * sourceStride + c];
            return;
        }
        for (int c = 0; c < columns; c += 4)
        {
            for (int r = 0; r < rows; r += 4)
            {
                float* s = source + (long)r * sourceStride + c;
                float* d = destination + (long)c * destinationStride + r;
                Vector128<float> r0 = Vector128.Load(s);
                Vector128<float> r1 = Vector128.Load(s + sourceStride);
                Vector128<float> r2 = Vector128.Load(s + 2 * (long)sourceStride);
                Vector128<float> r3 = Vector128.Load(s + 3 * (long)sourceStride);
                Vector128<float> low01 = Sse.UnpackLow(r0, r1);
                Vector128<float> low23 = Sse.UnpackLow(r2, r3);
                Vector128<float> high01 = Sse.UnpackHigh(r0, r1);
                Vector128<float> high23 = Sse.UnpackHigh(r2, r3);
                Sse.MoveLowToHigh(low01, low23).Store(d);
                Sse.MoveHighToLow(low23, low01).Store(d + destinationStride);
                Sse.MoveLowToHigh(high01, high23).Store(d + 2 * (long)destinationStride);
                Sse.MoveHighToLow(high23, high01).Store(d + 3 * (long)destinationStride);
            }
        }
    }
}
