using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Segmentation;

public sealed class ComponentTreeTests
{
    public static TheoryData<int, int, int> Sizes => new() { { 1, 1, 1 }, { 1, 9, 3 }, { 8, 1, 4 }, { 7, 11, 3 }, { 16, 13, 9 }, { 20, 20, 2 }, { 9, 9, 1 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Its_components_are_those_of_all_thresholds(int height, int width, int levels)
    {
        Plane<ushort> image = Noise(height, width, levels);
        var tree = new ComponentTree(image, new Job(1));
        // As sets of pixels; two thresholds may give the same set, which is one component.
        var expected = new HashSet<string>();
        foreach (ushort level in image.Values.Distinct())
            foreach (List<int> component in Components(image, p => image.Values[p] >= level)) expected.Add(string.Join(' ', component));
        var found = new List<int>[tree.Count];
        for (int i = 0; i < found.Length; i++) found[i] = [];
        for (int p = 0; p < image.Values.Length; p++)
        {
            int node = tree.Nodes[p];
            Assert.Equal(image.Values[p], tree.Levels[node]);
            for (; ; node = tree.Parents[node])
            {
                found[node].Add(p);
                if (node == 0) break;
                Assert.True(tree.Parents[node] < node && tree.Levels[tree.Parents[node]] < tree.Levels[node]);
            }
        }
        int[] nodes = tree.Nodes.ToArray(), levelOf = Array.ConvertAll(tree.Levels.ToArray(), level => (int)level);
        Assert.Equal(Enumerable.Range(0, tree.Count), Enumerable.Range(0, tree.Count).OrderBy(i => levelOf[i]).ThenBy(i => Array.IndexOf(nodes, i)));
        Assert.Equal(expected.Order(), found.Select(f => string.Join(' ', f)).Order());
        var areas = new double[tree.Count];
        foreach (int node in tree.Nodes) areas[node]++;
        tree.Accumulate<double>(areas);
        Assert.Equal(found.Select(f => (double)f.Count), areas);
    }

    [Fact]
    public void Levels_far_apart_are_kept_apart()
    {
        // Each brighter one lies in the one before; the flood begins at the darkest, in the corner.
        ushort[] levels = [0, 1, 63, 64, 4095, 4096, 4097, 40000, 65534, 65535];
        var image = new Plane<ushort>(1, 2 * levels.Length - 1, [.. levels, .. levels[..^1].Reverse()]);
        var tree = new ComponentTree(image, new Job(1));
        Assert.Equal(levels, tree.Levels.ToArray());
        Assert.Equal([0, .. Enumerable.Range(0, levels.Length - 1)], tree.Parents.ToArray());
        Assert.Equal([.. Enumerable.Range(0, levels.Length), .. Enumerable.Range(0, levels.Length - 1).Reverse()], tree.Nodes.ToArray());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Holes_are_filled_to_where_they_run_over(int height, int width, int levels)
    {
        Plane<ushort> image = Noise(height, width, levels);
        foreach (int area in (int[])[0, 1, 2, 5, 30, 1000])
        {
            Plane<ushort> closed = ComponentTree.AreaClosing(image, area, new Job(1));
            // A pixel ends at the lowest level at which the dark component that it lies in is larger than the area.
            for (int p = 0; p < image.Values.Length; p++)
            {
                int expected = Enumerable.Range(image.Values[p], ushort.MaxValue).First(level =>
                    level >= image.Values.Max() || Components(image, q => image.Values[q] <= level).First(c => c.Contains(p)).Count > area);
                Assert.Equal(expected, closed.Values[p]);
            }
        }
    }

    private static Plane<ushort> Noise(int height, int width, int levels)
    {
        var random = new Random(height * 100 + width);
        var image = new Plane<ushort>(height, width);
        for (int i = 0; i < image.Values.Length; i++) image.Values[i] = (ushort)(7 + random.Next(levels));
        return image;
    }

    private static IEnumerable<List<int>> Components(Plane<ushort> image, Func<int, bool> inside)
    {
        var seen = new bool[image.Values.Length];
        for (int start = 0; start < seen.Length; start++)
        {
            if (seen[start] || !inside(start)) continue;
            var component = new List<int>();
            var open = new Stack<int>([start]);
            seen[start] = true;
            while (open.TryPop(out int p))
            {
                component.Add(p);
                (int y, int x) = (p / image.Width, p % image.Width);
                foreach ((int b, int c) in ((int, int)[])[(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)])
                {
                    int q = b * image.Width + c;
                    if (b < 0 || c < 0 || b >= image.Height || c >= image.Width || seen[q] || !inside(q)) continue;
                    seen[q] = true;
                    open.Push(q);
                }
            }
            component.Sort();
            yield return component;
        }
    }
}
