using System.Numerics;

namespace ClemReg.Algorithms.Filters;

/// <summary>Voxels of any type to floats (voxel - offset) * scale. The offset goes first, so that a small signal on a large one survives.</summary>
internal static unsafe class ScaleRow
{
    /// <summary>8-bit voxels.</summary>
    public static void From(byte* source, float* destination, int count, float offset, float scale)
    {
        int i = 0;
        int lanes = Vector<float>.Count;
        for (; i + 4 * lanes <= count; i += 4 * lanes)
        {
            Vector.Widen(Vector.Load(source + i), out Vector<ushort> low, out Vector<ushort> high);
            Store(low, destination + i, offset, scale);
            Store(high, destination + i + 2 * lanes, offset, scale);
        }
        for (; i < count; i++) destination[i] = (source[i] - offset) * scale;
    }

    /// <summary>16-bit voxels.</summary>
    public static void From(ushort* source, float* destination, int count, float offset, float scale)
    {
        int i = 0;
        int lanes = Vector<float>.Count;
        for (; i + 2 * lanes <= count; i += 2 * lanes) Store(Vector.Load(source + i), destination + i, offset, scale);
        for (; i < count; i++) destination[i] = (source[i] - offset) * scale;
    }

    /// <summary>Float voxels.</summary>
    public static void From(float* source, float* destination, int count, float offset, float scale)
    {
        int i = 0;
        int lanes = Vector<float>.Count;
        var o = new Vector<float>(offset);
        for (; i + lanes <= count; i += lanes) ((Vector.Load(source + i) - o) * scale).Store(destination + i);
        for (; i < count; i++) destination[i] = (source[i] - offset) * scale;
    }

    private static void Store(Vector<ushort> voxels, float* destination, float offset, float scale)
    {
        var o = new Vector<float>(offset);
        Vector.Widen(voxels, out Vector<uint> low, out Vector<uint> high);
        ((Vector.ConvertToSingle(Vector.AsVectorInt32(low)) - o) * scale).Store(destination);
        ((Vector.ConvertToSingle(Vector.AsVectorInt32(high)) - o) * scale).Store(destination + Vector<float>.Count);
    }
}
