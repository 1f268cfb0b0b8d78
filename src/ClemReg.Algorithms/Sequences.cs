namespace ClemReg.Algorithms;

/// <summary>
/// Select as in System.Linq, which the compiler finds first throughout this assembly. System.Linq's own is a virtual generic method: NativeAOT compiles it for each type of source
/// with each type of result that occur anywhere, used together or not, which was two thirds of the native library's code.
/// </summary>
internal static class Sequences
{
    /// <summary>The results of a function for each item.</summary>
    public static IEnumerable<TResult> Select<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, TResult> selector)
    {
        foreach (TSource item in source) yield return selector(item);
    }

    /// <summary>The results of a function for each item and its place, from 0.</summary>
    public static IEnumerable<TResult> Select<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, int, TResult> selector)
    {
        int index = 0;
        foreach (TSource item in source) yield return selector(item, index++);
    }
}
