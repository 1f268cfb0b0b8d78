using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>A simulated pair of volumes and what is known about it. Dispose of it to give the memory back.</summary>
/// <param name="Em">The EM stack, 8 bit; first voxel at (0, 0, 0).</param>
/// <param name="Labels">The exact mitochondria on the same grid: 0 is background, n is mitochondrion n.</param>
/// <param name="Fluorescence">One 16-bit volume per channel, all on the same grid; first voxel at (0, 0, 0).</param>
/// <param name="Truth">The true transform, the objects and the options.</param>
public sealed record ClemSample(Volume<byte> Em, Volume<ushort> Labels, IReadOnlyList<Volume<ushort>> Fluorescence, ClemTruth Truth) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Em.Dispose();
        Labels.Dispose();
        foreach (Volume<ushort> channel in Fluorescence) channel.Dispose();
    }
}

/// <summary>
/// Makes pairs of EM and fluorescence volumes with a known transform between them: for the built-in sample, for tests and to learn how
/// far a registration can be trusted.
/// </summary>
public static class ClemSimulator
{
    /// <summary>Makes a pair.</summary>
    /// <param name="options">What to make.</param>
    /// <param name="job">Threads, cancellation, progress. The voxels do not depend on the number of threads.</param>
    /// <exception cref="BadInputException">An option is out of its range, or the options together leave no room for a mitochondrion.</exception>
    /// <exception cref="OutOfMemoryBudgetException">The volumes do not fit into memory.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static ClemSample Simulate(ClemSimulationOptions options, Job job)
    {
        options.Check();
        throw new NotSupportedException();
    }
}
