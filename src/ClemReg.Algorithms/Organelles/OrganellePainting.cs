using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>Paints organelles as labels.</summary>
public static class OrganellePainting
{
    /// <summary>Paints. Where organelles share voxels the one of fewer voxels is seen: what lies in a cell is not hidden by it.</summary>
    /// <param name="grid">The image's.</param>
    /// <param name="organelles">The organelles; number i gets label i + 1.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <exception cref="BadInputException">There are more organelles than floats can number.</exception>
    public static LabelVolume Paint(Grid grid, IReadOnlyList<Organelle3D> organelles, Job job)
    {
        if (organelles.Count >= LabelVolume.LargestLabel)
            throw new BadInputException($"There are {organelles.Count} organelles; up to {LabelVolume.LargestLabel - 1} can be numbered. Raise minimum_size or least_slices.");
        long[] voxels = [.. organelles.Select(o => o.Sections.Sum(s => s.Pixels.Area))];
        var slices = new List<(int Label, SliceMask Pixels)>[grid.Size.Z];
        for (int z = 0; z < slices.Length; z++) slices[z] = [];
        foreach (int i in Enumerable.Range(0, organelles.Count).OrderByDescending(i => voxels[i]).ThenBy(i => i))
            foreach (OrganelleSection section in organelles[i].Sections) slices[section.Slice].Add((i + 1, section.Pixels));
        var planes = new LabelPlane[grid.Size.Z];
        job.For(planes.Length, () => (Plane: new Plane<int>(grid.Size.Y, grid.Size.X), Builder: new LabelPlaneBuilder()), (z, scratch) =>
        {
            scratch.Plane.Values.AsSpan().Clear();
            foreach ((int label, SliceMask pixels) in slices[z])
                foreach (PixelRun run in pixels.Runs) scratch.Plane.Row(run.Y)[run.From..run.To].Fill(label);
            for (int y = 0; y < grid.Size.Y; y++)
            {
                scratch.Builder.NextRow();
                scratch.Builder.AddRow(scratch.Plane.Row(y));
            }
            planes[z] = scratch.Builder.Take();
        }, report: true);
        return LabelVolume.Of(grid, planes, organelles.Count > ushort.MaxValue ? VoxelType.Float32 : VoxelType.UInt16, job);
    }
}
