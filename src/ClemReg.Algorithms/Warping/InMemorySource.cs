using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Warping;

/// <summary>A volume ready to be sampled at an interpolation order: its voxels or, where the order needs them, its spline coefficients.</summary>
internal sealed unsafe class InMemorySource : IDisposable
{
    private readonly Volume _volume;
    private readonly SplineCoefficients? _coefficients;

    /// <summary>Computes the coefficients if <paramref name="order"/> needs them. The volume must live as long as this.</summary>
    public InMemorySource(Volume volume, int order, Job job)
    {
        _volume = volume;
        Size3 size = volume.Grid.Size;
        if (!RowSampler.NeedsCoefficients(order, size)) return;
        var coefficients = new SplineCoefficients(size, order, size.Z + order);
        try
        {
            coefficients.Fill(volume.Type, Pointer(volume, 0), -Interpolation.TapsBelow(order), size.Z + order, job);
        }
        catch
        {
            coefficients.Dispose();
            throw;
        }
        _coefficients = coefficients;
    }

    /// <summary>The whole source.</summary>
    /// <exception cref="ObjectDisposedException">The volume was released.</exception>
    public SourceWindow Window
    {
        get
        {
            byte* voxels = Pointer(_volume, 0);
            Size3 size = _volume.Grid.Size;
            return _coefficients?.Window ?? new SourceWindow(voxels, size, size.SliceCount, size.X);
        }
    }

    /// <summary>The first voxel of a slice.</summary>
    public static byte* Pointer(Volume volume, int z) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(volume.SliceBytes(z)));

    /// <inheritdoc/>
    public void Dispose() => _coefficients?.Dispose();
}
