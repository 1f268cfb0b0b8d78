namespace ClemReg.Algorithms.Mitochondria;

/// <summary>Sets of numbers that are joined; a set is known by its smallest number.</summary>
internal sealed class DisjointSets
{
    private readonly int[] _parent;

    /// <summary>0 to <paramref name="count"/> - 1, each a set of its own.</summary>
    public DisjointSets(int count)
    {
        _parent = new int[count];
        for (int i = 0; i < count; i++) _parent[i] = i;
    }

    /// <summary>The smallest number of the set.</summary>
    public int Root(int i)
    {
        while (_parent[i] != i) i = _parent[i] = _parent[_parent[i]];
        return i;
    }

    /// <summary>Makes two sets one.</summary>
    public void Join(int a, int b)
    {
        (a, b) = (Root(a), Root(b));
        if (a != b) _parent[Math.Max(a, b)] = Math.Min(a, b);
    }
}
