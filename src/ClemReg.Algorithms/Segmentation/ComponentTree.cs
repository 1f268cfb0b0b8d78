using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>
/// The tree of an image's bright components: for each grey level the 4-connected parts that are at least so bright, each within one of the level
/// below (the max-tree; built by union-find as in Ch. Berger et al. 2007, "Effective component tree computation with application to pattern recognition
/// in astronomical imaging"). Its leaves are the local maxima, its root is the whole image.
/// </summary>
/// <remarks>Memory: 12 bytes a pixel and 8 a component.</remarks>
public sealed class ComponentTree
{
    private readonly int[] _node;
    private readonly int[] _parent;
    private readonly ushort[] _level;

    /// <summary>Builds the tree.</summary>
    /// <param name="levels">Grey levels.</param>
    /// <param name="job">Cancellation.</param>
    public ComponentTree(Plane<ushort> levels, Job job)
    {
        (Height, Width) = (levels.Height, levels.Width);
        ReadOnlySpan<ushort> grey = levels.Values;
        int[] order = Ascending(grey), up = new int[grey.Length], root = new int[grey.Length];
        Array.Fill(root, -1);
        for (int k = order.Length - 1; k >= 0; k--)
        {
            if ((k & 0x3ffff) == 0) job.ThrowIfCancelled();
            int p = order[k], y = p / Width, x = p - y * Width;
            up[p] = root[p] = p;
            if (y > 0) Join(p, p - Width);
            if (y + 1 < Height) Join(p, p + Width);
            if (x > 0) Join(p, p - 1);
            if (x + 1 < Width) Join(p, p + 1);
        }
        // One pixel stands for each component: the one whose parent is darker. From the root on, so that parents are done.
        _node = root;
        var nodes = new List<int>();
        var parents = new List<int>();
        foreach (int p in order)
        {
            int q = up[p];
            if (grey[up[q]] == grey[q]) up[p] = q = up[q];
            if (p == q || grey[q] != grey[p])
            {
                parents.Add(p == q ? 0 : _node[q]);
                _node[p] = nodes.Count;
                nodes.Add(p);
            }
            else _node[p] = _node[q];
        }
        _parent = [.. parents];
        _level = new ushort[nodes.Count];
        for (int i = 0; i < _level.Length; i++) _level[i] = grey[nodes[i]];

        void Join(int p, int q)
        {
            if (root[q] < 0) return;
            while (root[q] != q)
            {
                root[q] = root[root[q]];
                q = root[q];
            }
            if (q != p) root[q] = up[q] = p;
        }
    }

    /// <summary>Rows of the image.</summary>
    public int Height { get; }

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>Components. They are numbered so that each comes after the one it lies in; 0 is the whole image.</summary>
    public int Count => _parent.Length;

    /// <summary>The smallest component that each pixel belongs to.</summary>
    public ReadOnlySpan<int> Nodes => _node;

    /// <summary>The component of a lower level that each component lies in; the root's is itself.</summary>
    public ReadOnlySpan<int> Parents => _parent;

    /// <summary>The grey level that each component's darkest pixel has.</summary>
    public ReadOnlySpan<ushort> Levels => _level;

    /// <summary>Adds up, for each component, what its own pixels have and what all components within it have.</summary>
    public void Accumulate(Span<double> perNode)
    {
        for (int i = Count - 1; i > 0; i--) perNode[_parent[i]] += perNode[i];
    }

    /// <summary>Fills dark holes of at most so many pixels: each to the level at which it would run over (area closing, L. Vincent 1993).</summary>
    /// <param name="levels">Grey levels.</param>
    /// <param name="area">Pixels, 0 or more.</param>
    /// <param name="job">Cancellation.</param>
    public static Plane<ushort> AreaClosing(Plane<ushort> levels, int area, Job job)
    {
        var dark = new Plane<ushort>(levels.Height, levels.Width);
        for (int i = 0; i < dark.Values.Length; i++) dark.Values[i] = (ushort)(ushort.MaxValue - levels.Values[i]);
        var tree = new ComponentTree(dark, job);
        var size = new double[tree.Count];
        foreach (int node in tree.Nodes) size[node]++;
        tree.Accumulate(size);
        var filled = new ushort[tree.Count];
        for (int i = 0; i < filled.Length; i++) filled[i] = i > 0 && size[i] <= area ? filled[tree._parent[i]] : tree._level[i];
        for (int i = 0; i < dark.Values.Length; i++) dark.Values[i] = (ushort)(ushort.MaxValue - filled[tree._node[i]]);
        return dark;
    }

    /// <summary>The pixels from dark to bright, of equal ones the first first.</summary>
    private static int[] Ascending(ReadOnlySpan<ushort> grey)
    {
        var starts = new int[ushort.MaxValue + 2];
        foreach (ushort g in grey) starts[g + 1]++;
        for (int i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
        var order = new int[grey.Length];
        for (int p = 0; p < grey.Length; p++) order[starts[grey[p]]++] = p;
        return order;
    }
}
