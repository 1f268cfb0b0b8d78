using ClemReg.Algorithms.Datasets;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>Finds the pixels of boxes, slice by slice; one slice of the image and one of the labels are in memory at a time.</summary>
public static class OrganelleSegmentation
{
    /// <summary>Finds the pixels.</summary>
    /// <param name="image">The EM.</param>
    /// <param name="labels">Labels or a mask of the EM, for recipes with <see cref="PixelSource.Labels"/>; else null.</param>
    /// <param name="boxes">The boxes, in any order.</param>
    /// <param name="recipes">The recipe of each class.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <returns>What was found, slices ascending; and the boxes in which there was nothing.</returns>
    /// <exception cref="BadInputException">A pixel is not a finite number, or a recipe needs labels and there are none, or they are of another size.</exception>
    public static (IReadOnlyList<SliceOrganelle> Found, IReadOnlyList<SliceBox> Empty) Run(ISliceSource image, ISliceSource? labels, IReadOnlyList<SliceBox> boxes, IReadOnlyList<Recipe> recipes, Job job)
    {
        Size3 size = image.Grid.Size;
        if (labels is not null && labels.Grid.Size != size)
            throw new BadInputException($"segmentation: it has {labels.Grid.Size} voxels (z, y, x), but the image has {size}. Give the labels or the mask of this image.");
        if (labels is null && boxes.Any(b => recipes[b.Box.Class].Pixels == PixelSource.Labels))
            throw new BadInputException("segmentation is missing: a recipe takes pixels from labels. Give a label image or a mask of the image (Segment EM makes one), or another recipe.");
        var grey = new FloatSlices(image);
        FloatSlices? label = labels is null ? null : new FloatSlices(labels);
        var slice = new Plane<float>(size.Y, size.X, grey.Slice);
        Plane<float>? labelSlice = label is null ? null : new Plane<float>(size.Y, size.X, label.Slice);
        var found = new List<SliceOrganelle>();
        var empty = new List<SliceBox>();
        foreach (IGrouping<int, SliceBox> group in boxes.GroupBy(b => b.Slice).OrderBy(g => g.Key))
        {
            SliceBox[] here = [.. group];
            bool seen = here.Any(b => recipes[b.Box.Class].Pixels == PixelSource.Threshold);
            if (seen) grey.ReadFinite(group.Key, job);
            if (here.Any(b => recipes[b.Box.Class].Pixels == PixelSource.Labels)) label!.Read(group.Key, job);
            var pixels = new SliceMask[here.Length];
            job.For(here.Length, i => pixels[i] = BoxPixels.Find(slice, labelSlice, here[i].Box, recipes[here[i].Box.Class], image.Grid.Spacing));
            for (int i = 0; i < here.Length; i++)
            {
                if (pixels[i].Area > 0) found.Add(new SliceOrganelle(group.Key, here[i].Box, pixels[i]) { Grey = seen ? Mean(slice, pixels[i]) : double.NaN });
                else empty.Add(here[i]);
            }
            job.Report((group.Key + 1.0) / size.Z);
        }
        return (found, empty);
    }

    private static double Mean(Plane<float> slice, SliceMask pixels)
    {
        double sum = 0;
        foreach (PixelRun run in pixels.Runs)
            foreach (float value in slice.Row(run.Y)[run.From..run.To]) sum += value;
        return sum / pixels.Area;
    }
}
