using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.PointClouds;

public sealed class KdTreeTests
{
    public static TheoryData<string> Clouds => [.. Enumerable.Range(0, 71).Select(n => $"random {n}"), "random 997", "lattice", "line", "same", "plane"];

    [Theory]
    [MemberData(nameof(Clouds))]
    public void Neighbours_are_those_of_a_full_search(string kind)
    {
        Point3[] points = kind switch
        {
            "lattice" => [.. Enumerable.Range(0, 343).Select(i => new Point3(i / 49, i / 7 % 7, i % 7))],
            "line" => [.. Enumerable.Range(0, 200).Select(i => new Point3(0, (i * 37 % 200) * 0.5, 0))],
            "same" => [.. Enumerable.Repeat(new Point3(1, 2, 3), 100)],
            "plane" => [.. Masks.RandomPoints(300, 5, 7).Select(p => p with { Z = Math.Floor(p.Z / 4) })],
            _ => Masks.RandomPoints(int.Parse(kind.AsSpan(7), System.Globalization.CultureInfo.InvariantCulture), kind.Length, 7),
        };
        var tree = new KdTree(points);
        Assert.Equal(points.Length, tree.Count);
        var found = new List<int>();
        foreach (Point3 position in Masks.RandomPoints(6, 3, 8).Concat(points.Take(6)).Append(new Point3(-100, 3, 3)))
        {
            (double Squared, int Index)[] sorted =
                [.. points.Select((p, i) => (Squared: Point3.Dot(p - position, p - position), i)).OrderBy(v => v.Squared).ThenBy(v => v.i)];
            foreach (int k in (int[])[0, 1, 5, 12, 400])
            {
                var indices = new int[k];
                var squared = new double[k];
                int count = tree.Nearest(position, indices, squared);
                Assert.Equal(Math.Min(k, points.Length), count);
                Assert.Equal(sorted.Take(k).Select(v => v.Index), indices.Take(count));
                Assert.Equal(sorted.Take(k).Select(v => v.Squared), squared.Take(count));
            }
            foreach (double radius in (double[])[0, 1, 2.5, 1000])
            {
                tree.Within(position, radius, found);
                Assert.Equal(sorted.Where(v => v.Squared <= radius * radius).Select(v => v.Index).Order(), found);
            }
        }
    }
}
