using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Cells;

/// <summary>The planes that tests/golden-scripts/cells.py and RollingBall.java wrote, and planes made for tests.</summary>
internal static class PlaneGolden
{
    public static Plane<float>[] Read(string name)
    {
        using var reader = new BinaryReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "golden", "cells", name + ".bin")));
        var planes = new List<Plane<float>>();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var plane = new Plane<float>(reader.ReadInt32(), reader.ReadInt32());
            foreach (ref float v in plane.Values.AsSpan()) v = reader.ReadSingle();
            planes.Add(plane);
        }
        // Else a test that looks at each would look at none.
        Assert.NotEmpty(planes);
        return [.. planes];
    }

    public static Plane<int> Labels(Plane<float> plane) => new(plane.Height, plane.Width, Array.ConvertAll(plane.Values, v => (int)v));

    public static Plane<float> Noise(int height, int width, int seed, double scale = 50, double offset = 100)
    {
        var random = new Random(seed);
        var plane = new Plane<float>(height, width);
        foreach (ref float v in plane.Values.AsSpan())
            v = (float)(offset + scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return plane;
    }

    public static void AssertClose(Plane<float> expected, Plane<float> actual, double tolerance)
    {
        Assert.Equal((expected.Height, expected.Width), (actual.Height, actual.Width));
        for (int i = 0; i < expected.Values.Length; i++)
            if (!(Math.Abs(expected.Values[i] - actual.Values[i]) <= tolerance))
                Assert.Fail($"pixel y = {i / expected.Width}, x = {i % expected.Width}: {actual.Values[i]} instead of {expected.Values[i]}");
    }

    public static double RootMeanSquare(Plane<float> a, Plane<float> b) =>
        Math.Sqrt(a.Values.Zip(b.Values, (u, v) => (double)(u - v) * (u - v)).Average());
}
