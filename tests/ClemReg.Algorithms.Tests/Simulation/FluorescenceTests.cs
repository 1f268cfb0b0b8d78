using ClemReg.Algorithms.Simulation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Simulation;

/// <summary>The fluorescence lies where the truth says, and its counts are what the camera options say.</summary>
public sealed class FluorescenceTests
{
    private static readonly ClemSimulationOptions Clean = Samples.Cell with
    {
        Missing = 0,
        FalseObjects = 0,
        Haze = 0,
        Background = 2,
        Attenuation = 1e9,
        ReadNoise = 2,
        RotationX = 9,
        RotationY = -7,
        RotationZ = 33,
        Scale = 1.12,
    };

    public static TheoryData<SimulatedTransform, double, double, double> Geometries => new()
    {
        { SimulatedTransform.Rigid, 70, 130, 70 },
        { SimulatedTransform.Similarity, 70, 130, 70 },
        { SimulatedTransform.Deformation, 70, 130, 70 },
        { SimulatedTransform.Similarity, 40, 220, 95 },
    };

    [Theory]
    [MemberData(nameof(Geometries))]
    public void The_mask_warped_by_the_truth_lies_on_the_fluorescence_and_a_shift_any_way_takes_it_off(
        SimulatedTransform kind, double emZ, double fmZ, double fmXy)
    {
        using ClemSample sample = Samples.Make(Clean with { Transform = kind, EmSpacingZ = emZ, FmSpacingZ = fmZ, FmSpacingXy = fmXy });
        double here = Correlation(sample, default);
        Assert.InRange(here, 0.75, 1);
        for (int axis = 0; axis < 3; axis++)
        {
            double minus = Correlation(sample, Along(axis, -200)), plus = Correlation(sample, Along(axis, 200));
            Assert.True(minus < here - 0.02 && plus < here - 0.02, $"axis {axis}: {minus:F3} {here:F3} {plus:F3}");
            // The vertex of the parabola through three values: where the correlation peaks, in nm. Half a pixel off would show.
            // Sampling so coarse leaves about a tenth of a pixel of chance.
            double a = Correlation(sample, Along(axis, -120)), b = Correlation(sample, Along(axis, 120));
            double peak = 120 * 0.5 * (a - b) / (a - 2 * here + b);
            Assert.True(Math.Abs(peak) < (axis == 0 ? 0.1 * fmZ : 0.2 * fmXy), $"axis {axis}: the fluorescence lies {peak:F1} nm off");
        }
    }

    [Fact]
    public void The_default_sample_agrees_with_its_truth_in_spite_of_missing_and_false_objects()
    {
        ClemSample sample = Samples.Shared(Samples.Cell);
        double here = Correlation(sample, default);
        Assert.InRange(here, 0.5, 1);
        for (int axis = 0; axis < 3; axis++)
        {
            Assert.True(Correlation(sample, Along(axis, 200)) < here);
            Assert.True(Correlation(sample, Along(axis, -200)) < here);
        }
    }

    [Fact]
    public void What_is_missing_is_dark_and_the_others_are_as_bright_as_the_truth_says()
    {
        using ClemSample sample = Samples.Make(Samples.Cell with { FalseObjects = 0, Haze = 0, Background = 5, Attenuation = 1e9 });
        Dictionary<int, double> brightest = BrightestVoxels(sample);
        foreach (SimulatedMitochondrion m in sample.Truth.Mitochondria)
        {
            if (!brightest.TryGetValue(m.Label, out double photons) || m.Missing || m.Voxels < 1500) continue;
            // Blur dims a thin tube to about half; no voxel is much brighter than the object.
            Assert.InRange(photons, 0.3 * 300 * m.Brightness, 1.3 * 300 * m.Brightness + 60);
        }
        double[] missing = [.. sample.Truth.Mitochondria.Where(m => m.Missing && brightest.ContainsKey(m.Label)).Select(m => brightest[m.Label])];
        double[] shown = [.. sample.Truth.Mitochondria.Where(m => !m.Missing && brightest.ContainsKey(m.Label)).Select(m => brightest[m.Label])];
        Assert.True(missing.Order().ElementAt(missing.Length / 2) < 0.5 * shown.Order().ElementAt(shown.Length / 2));
    }

    [Fact]
    public void False_objects_are_bright_where_the_truth_lists_them()
    {
        using ClemSample sample = Samples.Make(Samples.Cell with { Haze = 0, Background = 5, Attenuation = 1e9 });
        Volume<ushort> fm = sample.Fluorescence[0];
        Assert.True(sample.Truth.FalseObjects.Count >= 6);
        foreach (FalseObject f in sample.Truth.FalseObjects)
        {
            Point3 i = fm.Grid.ToIndex(f.Centre);
            double photons = (fm[(int)Math.Round(i.Z), (int)Math.Round(i.Y), (int)Math.Round(i.X)] - 100) / 10.0;
            Assert.True(photons > 0.3 * 300 * f.Brightness, $"{photons:F0} photons at {f}");
        }
    }

    [Fact]
    public void Background_counts_have_the_mean_and_the_variance_of_photons_and_camera()
    {
        using ClemSample sample = Samples.Make(Samples.Cell with
        {
            Photons = 1,
            FalseObjects = 0,
            Haze = 0,
            Background = 40,
            Attenuation = 1e9,
            Gain = 5,
            ReadNoise = 30,
            CameraOffset = 150,
        });
        (double mean, double noise) = Statistics(sample.Fluorescence[0], 0, sample.Fluorescence[0].Grid.Size.Z);
        // The background itself varies by 20 %, smoothly, over fifths of the field.
        Assert.InRange(mean, 150 + 5 * 40 * 0.85, 150 + 5 * 41 * 1.15);
        double photons = (mean - 150) / 5;
        Assert.InRange(noise * noise, 0.97 * (25 * photons + 900), 1.03 * (25 * photons + 900));
    }

    [Fact]
    public void Light_falls_with_depth()
    {
        using ClemSample sample = Samples.Make(Samples.Cell with
        {
            Photons = 1,
            FalseObjects = 0,
            Haze = 0,
            Background = 400,
            Attenuation = 2000,
            MarginZ = 1500,
        });
        Volume<ushort> fm = sample.Fluorescence[0];
        double top = Statistics(fm, 0, 1).Mean - 100, deep = Statistics(fm, 20, 21).Mean - 100;
        Assert.Equal(Math.Exp(-20 * 130 / 2000.0), deep / top, 0.05);
    }

    [Fact]
    public void Haze_lifts_the_surroundings_of_bright_objects()
    {
        ClemSimulationOptions options = Samples.Cell with { Missing = 0, FalseObjects = 0, Background = 5, Attenuation = 1e9, MarginXy = 2500 };
        using ClemSample clear = Samples.Make(options with { Haze = 0 }), hazy = Samples.Make(options with { Haze = 0.1 });
        Volume<ushort> a = clear.Fluorescence[0], b = hazy.Fluorescence[0];
        int middle = a.Grid.Size.X / 2;
        double nearBefore = Mean(a.Row(0, a.Grid.Size.Y / 2).Slice(middle - 100, 200)), near = Mean(b.Row(0, b.Grid.Size.Y / 2).Slice(middle - 100, 200));
        Assert.True(near > nearBefore + 20);
        Assert.Equal(Mean(a.Row(0, 3)[..20]), Mean(b.Row(0, 3)[..20]), 12.0);
    }

    [Fact]
    public void The_second_channel_shows_other_objects_on_the_same_grid()
    {
        using ClemSample sample = Samples.Make(Clean with { Channels = 2 });
        Volume<ushort> first = sample.Fluorescence[0], second = sample.Fluorescence[1];
        Assert.Equal(first.Grid, second.Grid);
        int most = 0;
        for (int z = 0; z < second.Grid.Size.Z; z++)
            foreach (ushort v in second.Slice(z)) most = Math.Max(most, v);
        Assert.True(most > 100 + 10 * 50);
        using var swapped = new ClemSample(sample.Em, sample.Labels, [second], sample.Truth);
        Assert.InRange(Correlation(swapped, default), -0.3, 0.15);
    }

    private static Point3 Along(int axis, double nm) => new(axis == 0 ? nm : 0, axis == 1 ? nm : 0, axis == 2 ? nm : 0);

    /// <summary>Correlation of the first channel with the mask, seen through the truth from positions shifted in the fluorescence frame.</summary>
    private static double Correlation(ClemSample sample, Point3 shift)
    {
        Volume<ushort> fm = sample.Fluorescence[0];
        Grid grid = fm.Grid, em = sample.Labels.Grid;
        double n = 0, sumA = 0, sumB = 0, sumAA = 0, sumBB = 0, sumAB = 0;
        for (int z = 0; z < grid.Size.Z; z++)
        {
            for (int y = z % 2; y < grid.Size.Y; y += 2)
            {
                for (int x = (z + y) % 4; x < grid.Size.X; x += 4)
                {
                    Point3 u = em.ToIndex(sample.Truth.Transform.Apply(grid.ToPhysical(z, y, x) + shift));
                    int iz = (int)Math.Round(u.Z), iy = (int)Math.Round(u.Y), ix = (int)Math.Round(u.X);
                    double mask = (uint)iz < (uint)em.Size.Z && (uint)iy < (uint)em.Size.Y && (uint)ix < (uint)em.Size.X
                        && sample.Labels[iz, iy, ix] is > 0 and var label
                        ? sample.Truth.Options.Missing > 0 ? 1 : sample.Truth.Mitochondria[label - 1].Brightness
                        : 0;
                    double value = fm[z, y, x];
                    n++;
                    sumA += mask;
                    sumB += value;
                    sumAA += mask * mask;
                    sumBB += value * value;
                    sumAB += mask * value;
                }
            }
        }
        return (sumAB - sumA * sumB / n) / Math.Sqrt((sumAA - sumA * sumA / n) * (sumBB - sumB * sumB / n));
    }

    /// <summary>The brightest fluorescence voxel, in photons, within each mitochondrion.</summary>
    private static Dictionary<int, double> BrightestVoxels(ClemSample sample)
    {
        Volume<ushort> fm = sample.Fluorescence[0];
        Grid em = sample.Labels.Grid;
        var brightest = new Dictionary<int, double>();
        for (int z = 0; z < fm.Grid.Size.Z; z++)
        {
            for (int y = 0; y < fm.Grid.Size.Y; y++)
            {
                for (int x = 0; x < fm.Grid.Size.X; x++)
                {
                    Point3 u = em.ToIndex(sample.Truth.Transform.Apply(fm.Grid.ToPhysical(z, y, x)));
                    int iz = (int)Math.Round(u.Z), iy = (int)Math.Round(u.Y), ix = (int)Math.Round(u.X);
                    if ((uint)iz >= (uint)em.Size.Z || (uint)iy >= (uint)em.Size.Y || (uint)ix >= (uint)em.Size.X) continue;
                    int label = sample.Labels[iz, iy, ix];
                    if (label > 0) brightest[label] = Math.Max(brightest.GetValueOrDefault(label), (fm[z, y, x] - 100) / 10.0);
                }
            }
        }
        return brightest;
    }

    /// <summary>Mean, and noise from the differences of neighbours along x, of some slices.</summary>
    private static (double Mean, double Noise) Statistics(Volume<ushort> volume, int from, int to)
    {
        double sum = 0, square = 0;
        long n = 0;
        for (int z = from; z < to; z++)
        {
            for (int y = 0; y < volume.Grid.Size.Y; y++)
            {
                ReadOnlySpan<ushort> row = volume.Row(z, y);
                for (int x = 1; x < row.Length; x++)
                {
                    sum += row[x];
                    double d = row[x] - row[x - 1];
                    square += d * d / 2;
                    n++;
                }
            }
        }
        return (sum / n, Math.Sqrt(square / n));
    }

    private static double Mean(ReadOnlySpan<ushort> values)
    {
        double sum = 0;
        foreach (ushort v in values) sum += v;
        return sum / values.Length;
    }
}
